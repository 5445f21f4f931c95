import type { EmailHit } from '@gatepost/core'

import { compactSet } from '../../grammar/compact-set.ts'
import { quote } from '../../grammar/response-text.ts'
import { resolveSearch } from '../../grammar/search-node.ts'
import {
  parseSearch,
  type SearchRequest,
  type SearchReturnOption,
} from '../../grammar/search-program.ts'
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

/** A message found, by the number that the client asked for. */
interface Found {
  readonly number: number
  readonly modSeq: number
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
  }
  const { hits } = await ports.store
    .search(selected.accountId, query, gone.signal)
    .finally(() => connection.socket.off('close', leave))
  const found = foundOf(hits, selected, numbering)
  writer.line(
    request.returnOptions === null
      ? searchLine(found, request)
      : extendedLine(found, request, {
          tag,
          numbering,
          options: request.returnOptions,
        }),
  )
  return ok('SEARCH completed')
}

/** Only what the client knows to be in the mailbox; hits come by UID ascending. */
function foundOf(
  hits: readonly EmailHit[],
  selected: SelectedMailbox,
  numbering: 'uid' | 'number',
): Found[] {
  return hits.flatMap(({ uid, modSeq }) => {
    const number = uid === undefined ? 0 : selected.numberOf(uid)
    if (number === 0 || uid === undefined) return []
    return [{ number: numbering === 'uid' ? uid : number, modSeq }]
  })
}

function searchLine(found: readonly Found[], { needsModSeq }: SearchRequest): string {
  const numbers = found.map(({ number }) => number)
  // RFC 7162 section 3.1.5.
  const modSeq = needsModSeq && found.length > 0 ? [`(MODSEQ ${highest(found)})`] : []
  return ['* SEARCH', ...numbers, ...modSeq].join(' ')
}

interface Extended {
  readonly tag: string
  readonly numbering: 'uid' | 'number'
  readonly options: readonly SearchReturnOption[]
}

// RFC 4731 section 3.1 and 3.2.
function extendedLine(
  found: readonly Found[],
  { needsModSeq }: SearchRequest,
  { tag, numbering, options }: Extended,
): string {
  const parts = [`* ESEARCH (TAG ${quote(tag)})`]
  if (numbering === 'uid') parts.push('UID')
  const first = found[0]
  const last = found.at(-1)
  if (first !== undefined && last !== undefined) {
    if (options.includes('MIN')) parts.push(`MIN ${first.number}`)
    if (options.includes('MAX')) parts.push(`MAX ${last.number}`)
    if (options.includes('ALL')) parts.push(`ALL ${compactSet(found.map(({ number }) => number))}`)
  }
  if (options.includes('COUNT')) parts.push(`COUNT ${found.length}`)
  if (needsModSeq && first !== undefined && last !== undefined) {
    const isOfEnds = !options.includes('ALL') && !options.includes('COUNT')
    const ends = [
      ...(options.includes('MIN') ? [first] : []),
      ...(options.includes('MAX') ? [last] : []),
    ]
    parts.push(`MODSEQ ${highest(isOfEnds ? ends : found)}`)
  }
  return parts.join(' ')
}

function highest(found: readonly Found[]): number {
  let max = 0
  for (const { modSeq } of found) max = Math.max(max, modSeq)
  return max
}
