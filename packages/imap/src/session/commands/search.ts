import type { MailboxQueryResult } from '@gatepost/core'

import { compactSet } from '../../grammar/compact-set.ts'
import { quote } from '../../grammar/response-text.ts'
import { resolveSearch } from '../../grammar/search-node.ts'
import { parseSearch, type SearchReturnOption } from '../../grammar/search-program.ts'
import type { Command, CommandContext, CommandEnd } from '../command.ts'
import { ok } from '../imap-reply.ts'
import type { SelectedMailbox } from '../selected-mailbox.ts'

// RFC 3501 section 6.4.4.
export const search: Command = {
  name: 'SEARCH',
  when: 'selected',
  forbidsExpunge: true,
  run: (context, selected) => find(context, selected, 'number'),
}

// RFC 3501 section 6.4.8.
export const uidSearch: Command = {
  name: 'UID SEARCH',
  when: 'selected',
  run: (context, selected) => find(context, selected, 'uid'),
}

/** What is found, by the numbers that the client asked for, ascending. */
interface Found {
  readonly numbers: readonly number[]
  /** In the order of the numbers; empty unless asked for. */
  readonly modSeqs: readonly number[]
}

async function find(
  { args, connection, ports, state, tag, writer }: CommandContext,
  selected: SelectedMailbox,
  numbering: 'uid' | 'number',
): Promise<CommandEnd> {
  const request = parseSearch(args.rest())
  // RFC 7162 section 3.1: asking for mod-sequences is enabling.
  if (request.needsModSeq) state.isCondstoreEnabled = true
  const gone = new AbortController()
  const leave = (): void => gone.abort()
  connection.socket.once('close', leave)
  const query = {
    mailbox: selected.id,
    where: resolveSearch(request.where, { uids: selected.uids, now: ports.clock.now() }),
    wantsModSeqs: request.needsModSeq,
  }
  const result = await ports.store
    .searchMailbox(selected.accountId, query, { signal: gone.signal })
    .finally(() => connection.socket.off('close', leave))
  const found = foundOf(result, selected, numbering)
  writer.line(
    request.returnOptions === null
      ? searchLine(found)
      : extendedLine(found, {
          tag,
          numbering,
          options: request.returnOptions,
        }),
  )
  return ok('SEARCH completed')
}

/** Only what the client knows to be in the mailbox: both lists ascend, and are gone through together. */
function foundOf(
  { uids, modSeqs }: MailboxQueryResult,
  { uids: known }: SelectedMailbox,
  numbering: 'uid' | 'number',
): Found {
  const numbers: number[] = []
  const changes: number[] = []
  let at = 0
  for (const [index, uid] of uids.entries()) {
    while (at < known.length && (known[at] ?? 0) < uid) at += 1
    if (known[at] !== uid) continue
    numbers.push(numbering === 'uid' ? uid : at + 1)
    if (modSeqs !== undefined) changes.push(modSeqs[index] ?? 0)
  }
  return { numbers, modSeqs: changes }
}

function searchLine({ numbers, modSeqs }: Found): string {
  // RFC 7162 section 3.1.5.
  const modSeq = modSeqs.length > 0 ? [`(MODSEQ ${highest(modSeqs)})`] : []
  return ['* SEARCH', ...numbers, ...modSeq].join(' ')
}

interface Extended {
  readonly tag: string
  readonly numbering: 'uid' | 'number'
  readonly options: readonly SearchReturnOption[]
}

// RFC 4731 section 3.1 and 3.2.
function extendedLine({ numbers, modSeqs }: Found, { tag, numbering, options }: Extended): string {
  const parts = [`* ESEARCH (TAG ${quote(tag)})`]
  if (numbering === 'uid') parts.push('UID')
  const isFound = numbers.length > 0
  if (isFound && options.includes('MIN')) parts.push(`MIN ${numbers[0]}`)
  if (isFound && options.includes('MAX')) parts.push(`MAX ${numbers.at(-1)}`)
  if (isFound && options.includes('ALL')) parts.push(`ALL ${compactSet(numbers)}`)
  if (options.includes('COUNT')) parts.push(`COUNT ${numbers.length}`)
  if (modSeqs.length > 0) {
    const isOfEnds = !options.includes('ALL') && !options.includes('COUNT')
    const ends = [
      ...(options.includes('MIN') ? modSeqs.slice(0, 1) : []),
      ...(options.includes('MAX') ? modSeqs.slice(-1) : []),
    ]
    parts.push(`MODSEQ ${highest(isOfEnds ? ends : modSeqs)}`)
  }
  return parts.join(' ')
}

function highest(modSeqs: readonly number[]): number {
  let max = 0
  for (const modSeq of modSeqs) max = Math.max(max, modSeq)
  return max
}
