import { setImmediate } from 'node:timers/promises'

import type { ModSeq, Uid } from '@gatepost/core'

import type { ArgumentReader } from '../../grammar/argument-reader.ts'
import { compactSet } from '../../grammar/compact-set.ts'
import { parseFlagList } from '../../grammar/flags.ts'
import { parseModSequence } from '../../grammar/mod-sequence.ts'
import { parseSequenceSet } from '../../grammar/sequence-set.ts'
import { syntaxError } from '../../grammar/syntax-error.ts'
import { checkWritable } from '../check-writable.ts'
import type { Command, CommandContext, CommandEnd } from '../command.ts'
import { flagsLine } from '../flags-line.ts'
import { no, ok } from '../imap-reply.ts'
import { uidsOf } from '../message-set.ts'
import type { SelectedMailbox } from '../selected-mailbox.ts'
import { shownMemberships } from '../shown-memberships.ts'

const pageSize = 1000
const modes = { '': 'replace', '+': 'add', '-': 'remove' } as const

// RFC 3501 section 6.4.6.
export const store: Command = {
  name: 'STORE',
  when: 'selected',
  forbidsExpunge: true,
  run: (context, selected) => changeFlags(context, selected, 'number'),
}

// RFC 3501 section 6.4.8.
export const uidStore: Command = {
  name: 'UID STORE',
  when: 'selected',
  run: (context, selected) => changeFlags(context, selected, 'uid'),
}

async function changeFlags(
  context: CommandContext,
  selected: SelectedMailbox,
  numbering: 'uid' | 'number',
): Promise<CommandEnd> {
  const { args, ports, state, told } = context
  const set = parseSequenceSet(args.next('The messages'))
  const unchangedSince = readUnchangedSince(args)
  const action = readAction(args)
  checkWritable(selected)
  const asked = uidsOf(set, selected, numbering)
  const uids = asked.filter((uid) => !selected.isGone(uid))
  // RFC 7162 section 3.1: a client that says UNCHANGEDSINCE wants to hear of mod-sequences from here on.
  if (unchangedSince !== undefined) state.isCondstoreEnabled = true
  const [result] = await ports.store.transact(selected.accountId, [
    {
      op: 'updateFlags',
      mailboxId: selected.id,
      uids,
      mode: action.mode,
      keywords: action.keywords,
      isDeleted: action.isDeleted,
      ...(unchangedSince === undefined ? {} : { unchangedSince }),
    },
  ])
  for (const uid of result.uids) told.add(uid)
  if (!action.isSilent || state.isCondstoreEnabled)
    await tell(context, selected, { uids: result.uids, isSilent: action.isSilent })
  const found = result.uids.length + result.refusedUids.length
  // RFC 2180 section 4.2: the same whether this client has been told of the EXPUNGE or not.
  const areSomeGone = numbering === 'number' && found < asked.length
  if (result.refusedUids.length > 0) {
    const refused =
      numbering === 'uid'
        ? result.refusedUids
        : result.refusedUids.map((uid) => selected.numberOf(uid))
    const code = `MODIFIED ${compactSet(refused)}`
    return areSomeGone
      ? no('Some messages have changed since, others are gone', code)
      : ok('Some messages have changed since', code)
  }
  return areSomeGone ? no('Some of the messages are gone', 'EXPUNGEISSUED') : ok('STORE completed')
}

interface Action {
  readonly mode: 'add' | 'remove' | 'replace'
  readonly isSilent: boolean
  readonly keywords: readonly string[]
  readonly isDeleted: boolean
}

function readAction(args: ArgumentReader): Action {
  const [, sign, silent] =
    /^([+-]?)FLAGS(\.SILENT)?$/.exec(args.atom('What to do with the flags')) ?? []
  if (sign !== '' && sign !== '+' && sign !== '-')
    throw syntaxError('STORE sets FLAGS, +FLAGS or -FLAGS')
  const flags = args.rest()
  if (flags.length === 0) throw syntaxError('The flags are missing')
  return { mode: modes[sign], isSilent: silent !== undefined, ...parseFlagList(flags) }
}

// RFC 7162 section 3.1.3.
function readUnchangedSince(args: ArgumentReader): ModSeq | undefined {
  const modifiers = args.optionalList()
  if (modifiers === undefined) return undefined
  const [name, value, ...rest] = modifiers
  if (name?.kind !== 'atom' || name.text.toUpperCase() !== 'UNCHANGEDSINCE' || rest.length > 0)
    throw syntaxError('Unknown modifier of STORE')
  return parseModSequence(value) as ModSeq
}

/** The new flags; of a silent STORE only the mod-sequences (RFC 7162 section 3.1.3). */
async function tell(
  { ports, state, writer }: CommandContext,
  selected: SelectedMailbox,
  { uids, isSilent }: { readonly uids: readonly Uid[]; readonly isSilent: boolean },
): Promise<void> {
  for (let at = 0; at < uids.length; at += pageSize) {
    const page = uids.slice(at, at + pageSize)
    for (const membership of await shownMemberships(ports.store, { selected, writer }, page)) {
      const number = selected.numberOf(membership.uid)
      writer.line(
        isSilent
          ? `* ${number} FETCH (UID ${membership.uid} MODSEQ (${membership.modSeq}))`
          : flagsLine(membership, {
              number,
              withModSeq: state.isCondstoreEnabled,
              showKeyword: selected.keywords.show,
            }),
      )
    }
    if (uids.length <= pageSize) return
    if (writer.isFull) await writer.flush()
    await setImmediate()
  }
}
