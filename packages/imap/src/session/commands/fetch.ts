import { setImmediate } from 'node:timers/promises'

import {
  CANNOT_CALCULATE_CHANGES,
  MailError,
  type MailStore,
  type Membership,
  type Uid,
} from '@gatepost/core'

import { parseFetch, type FetchItem, type FetchRequest } from '../../grammar/fetch-items.ts'
import { literalBytes } from '../../grammar/literal-bytes.ts'
import { parseSequenceSet } from '../../grammar/sequence-set.ts'
import type { Command, CommandContext, CommandEnd } from '../command.ts'
import { fetchParts, type FetchPart } from '../fetch-parts.ts'
import { ok } from '../imap-reply.ts'
import { uidsOf } from '../message-set.ts'
import type { SelectedMailbox } from '../selected-mailbox.ts'
import { tellKeywords } from '../tell-keywords.ts'

/** Memberships read at once. */
const pageSize = 500
/** Of a large message, at once. */
const pieceBytes = 262_144

/** Of encoded messages inside, in one turn of the event loop. */
const decodedBytesPerTurn = 524_288

const uidItem: FetchItem = { kind: 'uid', label: 'UID' }
const flagsItem: FetchItem = { kind: 'flags', label: 'FLAGS' }

// RFC 3501 section 6.4.5.
export const fetch: Command = {
  name: 'FETCH',
  when: 'selected',
  forbidsExpunge: true,
  run: (context, selected) => fetchMessages(context, selected, 'number'),
}

// RFC 3501 section 6.4.8.
export const uidFetch: Command = {
  name: 'UID FETCH',
  when: 'selected',
  run: (context, selected) => fetchMessages(context, selected, 'uid'),
}

async function fetchMessages(
  context: CommandContext,
  selected: SelectedMailbox,
  numbering: 'uid' | 'number',
): Promise<CommandEnd> {
  const { args, ports, state } = context
  const set = parseSequenceSet(args.next('The messages'))
  const request = parseFetch(args.rest())
  const asked = uidsOf(set, selected, numbering)
  // RFC 7162 section 3.1: asking for mod-sequences is enabling.
  if (request.items.some(({ kind }) => kind === 'modSeq')) state.isCondstoreEnabled = true
  const uids = changedAmong(asked, { store: ports.store, selected, request })
  let isComplete = true
  for (let at = 0; at < uids.length; at += pageSize) {
    const page = uids.slice(at, at + pageSize)
    const isWhole = await fetchPage(context, selected, {
      uids: page,
      request: withImplied(request, numbering),
    })
    isComplete &&= isWhole
    await setImmediate()
  }
  // RFC 2180 section 4.1.
  return isComplete || numbering === 'uid'
    ? ok('FETCH completed')
    : { status: 'NO', code: 'EXPUNGEISSUED', text: 'Some of the messages are gone' }
}

// RFC 3501 section 6.4.8: UID FETCH tells the UID, asked or not.
function withImplied(request: FetchRequest, numbering: 'uid' | 'number'): FetchRequest {
  const hasUid = request.items.some(({ kind }) => kind === 'uid')
  return numbering === 'number' || hasUid
    ? request
    : { ...request, items: [uidItem, ...request.items] }
}

// RFC 7162 section 3.1.4.1.
function changedAmong(
  asked: readonly Uid[],
  parts: {
    readonly store: MailStore
    readonly selected: SelectedMailbox
    readonly request: FetchRequest
  },
): readonly Uid[] {
  const { changedSince } = parts.request
  if (changedSince === null || changedSince === 0) return asked
  const { accountId, id } = parts.selected
  const changes = parts.store.read(accountId, (reader) =>
    reader.changes.memberships(id, changedSince),
  )
  if (changes === CANNOT_CALCULATE_CHANGES) return asked
  const changed = new Set(changes.changedUids)
  return asked.filter((uid) => changed.has(uid))
}

interface Page {
  readonly uids: readonly Uid[]
  readonly request: FetchRequest
}

/** False when some of the messages are gone. */
async function fetchPage(
  context: CommandContext,
  selected: SelectedMailbox,
  { uids, request }: Page,
): Promise<boolean> {
  const { ports, writer } = context
  const nowSeen = await markSeen(context, selected, { uids, request })
  const memberships = membershipsOf(ports.store, selected, uids)
  tellKeywords(ports.store, selected, writer)
  let found = 0
  for (let at = 0; at < memberships.length;) {
    const ranges: { membership: Membership; parts: FetchPart[] }[] = []
    const turn = { decodedBytes: 0 }
    const mayGoOn = (): boolean => !writer.isFull && turn.decodedBytes < decodedBytesPerTurn
    ports.store.read(selected.accountId, (reader) => {
      // A response with a range still to be read has to be written to its end before the next.
      while (at < memberships.length && ranges.length === 0 && mayGoOn()) {
        const membership = memberships[at]
        at += 1
        if (membership === undefined) continue
        const tellsFlags = nowSeen.has(membership.uid)
        const number = selected.numberOf(membership.uid)
        const parts = fetchParts(tellsFlags ? withFlags(request) : request, {
          reader,
          membership,
          number,
          showKeyword: selected.keywords.show,
          turn,
        })
        if (parts === undefined) continue
        found += 1
        if (parts.some(isRange)) ranges.push({ membership, parts })
        else for (const part of parts) if (!isRange(part)) writer.raw(part)
      }
    })
    for (const { membership, parts } of ranges) await writePieces(context, membership, parts)
    if (writer.isFull) await writer.flush()
    else if (!mayGoOn()) await setImmediate()
  }
  return found === uids.length
}

function membershipsOf(
  store: MailStore,
  selected: SelectedMailbox,
  uids: readonly Uid[],
): readonly Membership[] {
  return store.read(selected.accountId, (reader) => reader.memberships.get(selected.id, uids))
}

/** Sets `\Seen` where an item says so; answers whose flags that changed. */
async function markSeen(
  { ports, told }: CommandContext,
  selected: SelectedMailbox,
  { uids, request }: Page,
): Promise<ReadonlySet<Uid>> {
  if (!request.marksSeen || selected.isReadOnly) return new Set()
  const unseen = membershipsOf(ports.store, selected, uids)
    .filter(({ keywords }) => !keywords.includes('$seen'))
    .map(({ uid }) => uid)
  if (unseen.length === 0) return new Set()
  const [{ uids: changed }] = await ports.store.transact(selected.accountId, [
    { op: 'updateFlags', mailboxId: selected.id, uids: unseen, mode: 'add', keywords: ['$seen'] },
  ])
  for (const uid of changed) told.add(uid)
  return new Set(changed)
}

function withFlags(request: FetchRequest): FetchRequest {
  const hasFlags = request.items.some(({ kind }) => kind === 'flags')
  return hasFlags ? request : { ...request, items: [...request.items, flagsItem] }
}

function isRange(part: FetchPart): part is { readonly start: number; readonly end: number } {
  return typeof part !== 'string' && !Buffer.isBuffer(part)
}

/** A large message goes out as fast as the client takes it, and is never in memory as a whole. */
async function writePieces(
  { ports, writer, state }: CommandContext,
  { blobId }: Membership,
  parts: readonly FetchPart[],
): Promise<void> {
  const accountId = state.account?.id
  if (accountId === undefined) return
  for (const part of parts) {
    if (!isRange(part)) {
      writer.raw(part)
      continue
    }
    for (let at = part.start; at < part.end; at += pieceBytes) {
      const end = Math.min(at + pieceBytes, part.end)
      const piece = ports.store.read(accountId, (reader) => reader.blobs.range(blobId, at, end))
      if (piece === undefined)
        throw new MailError('failed', 'imap.messageGone', 'a message went while it was sent')
      writer.raw(literalBytes(piece))
      await writer.flush()
    }
  }
}
