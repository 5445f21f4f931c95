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
import { plainBatch, readBatch } from '../fetch-batch.ts'
import { needsOf, type FetchPart } from '../fetch-response.ts'
import { ok } from '../imap-reply.ts'
import { membershipChanges } from '../membership-changes.ts'
import { uidsOf } from '../message-set.ts'
import type { SelectedMailbox } from '../selected-mailbox.ts'
import { shownMemberships } from '../shown-memberships.ts'

/** Memberships read at once. */
const pageSize = 500
/** Of a large message, at once. */
const pieceBytes = 262_144

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
  const uids = await changedAmong(asked, { store: ports.store, selected, request })
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
async function changedAmong(
  asked: readonly Uid[],
  parts: {
    readonly store: MailStore
    readonly selected: SelectedMailbox
    readonly request: FetchRequest
  },
): Promise<readonly Uid[]> {
  const { changedSince } = parts.request
  if (changedSince === null || changedSince === 0) return asked
  const { accountId, id } = parts.selected
  const changes = await parts.store.read(accountId, (reader) =>
    membershipChanges(reader, id, changedSince),
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
  const memberships = await shownMemberships(ports.store, { selected, writer }, uids)
  let found = 0
  const needs = needsOf(request)
  const options = {
    needs,
    requestOf: ({ uid }: Membership) => (nowSeen.has(uid) ? withFlags(request) : request),
    numberOf: ({ uid }: Membership) => selected.numberOf(uid),
    showKeyword: selected.keywords.show,
  }
  for (let at = 0; at < memberships.length;) {
    const left = memberships.slice(at)
    const batch =
      needs.index || needs.bytes
        ? await ports.store.read(selected.accountId, (reader) => readBatch(reader, left, options))
        : plainBatch(left, options)
    at += batch.taken
    for (const { response, read } of batch.messages) {
      const parts = response.parts(read)
      if (parts === undefined) continue
      found += 1
      await writeParts(context, selected, { membership: response.membership, parts })
    }
    await setImmediate()
  }
  return found === uids.length
}

/** Sets `\Seen` where an item says so; answers whose flags that changed. */
async function markSeen(
  { ports, told }: CommandContext,
  selected: SelectedMailbox,
  { uids, request }: Page,
): Promise<ReadonlySet<Uid>> {
  if (!request.marksSeen || selected.isReadOnly) return new Set()
  const memberships = await ports.store.read(selected.accountId, (reader) =>
    reader.memberships.get(selected.id, uids),
  )
  const unseen = memberships
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
async function writeParts(
  { ports, writer }: CommandContext,
  { accountId }: SelectedMailbox,
  { membership, parts }: { readonly membership: Membership; readonly parts: readonly FetchPart[] },
): Promise<void> {
  const { blobId: id } = membership
  for (const part of parts) {
    if (!isRange(part)) {
      writer.raw(part)
      continue
    }
    for (let start = part.start; start < part.end; start += pieceBytes) {
      const end = Math.min(start + pieceBytes, part.end)
      const [piece] = await ports.store.read(accountId, ({ blobs }) =>
        blobs.ranges([{ id, start, end }]),
      )
      if (piece === undefined)
        throw new MailError('failed', 'imap.messageGone', 'a message went while it was sent')
      writer.raw(literalBytes(piece))
      await writer.flush()
    }
  }
  if (writer.isFull) await writer.flush()
}
