import { setImmediate } from 'node:timers/promises'

import {
  CANNOT_CALCULATE_CHANGES,
  type MailReader,
  type MailStore,
  type ModSeq,
  type Uid,
} from '@gatepost/core'

import { allUids } from './all-uids.ts'
import { flagsLine } from './flags-line.ts'
import { membershipChanges } from './membership-changes.ts'
import type { ResponseWriter } from './response-writer.ts'
import type { SelectedMailbox } from './selected-mailbox.ts'
import { shownMemberships, tellKeywords } from './shown-memberships.ts'

/** Memberships read, and lines written, at once: the event loop is free in between. */
const pageSize = 1000

export interface SyncOptions {
  readonly store: MailStore
  readonly selected: SelectedMailbox
  readonly writer: ResponseWriter
  readonly mayExpunge: boolean
  readonly withModSeq: boolean
  /** Their flags have been told already. */
  readonly told: ReadonlySet<Uid>
}

export type SyncResult = 'current' | 'mailboxGone'

/**
 * Tells the client what has changed in the mailbox since it was last told: EXPUNGE, EXISTS, FETCH (RFC 3501 section 7.3 and 7.4).
 * @throws ConnectionEnded
 */
export async function syncMailbox(options: SyncOptions): Promise<SyncResult> {
  const { store, selected, writer, mayExpunge } = options
  const { changes, hasNewKeywords } = await store.read(selected.accountId, async (reader) => {
    const found = await changesOf(reader, selected)
    const isChanged = typeof found === 'object'
    return {
      changes: found,
      hasNewKeywords: isChanged && (await selected.keywords.refresh(reader)),
    }
  })
  if (changes === 'mailboxGone') return 'mailboxGone'
  if (changes !== 'none') {
    if (changes.expunged.length > pageSize) await setImmediate()
    selected.markGone(changes.expunged)
    selected.modSeq = changes.state
  }
  if (mayExpunge && selected.hasGone) await tellGone(selected, writer)
  if (changes === 'none') return 'current'
  if (hasNewKeywords) tellKeywords(selected, writer)
  if (changes.arrived.length > 0) {
    selected.add(changes.arrived)
    writer.line(`* ${selected.uids.length} EXISTS`)
    writer.line('* 0 RECENT')
  }
  await tellFlags(options, changes.changed)
  return 'current'
}

/** Marks as gone what others have expunged, without telling the client yet. */
export async function markExpunged(store: MailStore, selected: SelectedMailbox): Promise<void> {
  const changes = await store.read(selected.accountId, (reader) => changesOf(reader, selected))
  if (typeof changes === 'object') selected.markGone(changes.expunged)
}

interface Changes {
  readonly state: ModSeq
  readonly arrived: readonly Uid[]
  readonly changed: readonly Uid[]
  readonly expunged: readonly Uid[]
}

async function changesOf(
  reader: MailReader,
  selected: SelectedMailbox,
): Promise<Changes | 'none' | 'mailboxGone'> {
  if (reader.state === selected.modSeq) return 'none'
  const [[mailbox], known] = await Promise.all([
    reader.mailboxes.get([selected.id]),
    membershipChanges(reader, selected.id, selected.modSeq),
  ])
  if (mailbox?.isSelectable !== true) return 'mailboxGone'
  const { highestUid } = selected
  if (known !== CANNOT_CALCULATE_CHANGES)
    return {
      state: reader.state,
      arrived: known.changedUids.filter((uid) => uid > highestUid),
      changed: known.changedUids.filter((uid) => uid <= highestUid),
      expunged: known.expungedUids,
    }
  // The store has forgotten since when: everything that is still there counts as changed.
  const present = await allUids(reader, selected.id)
  const isPresent = new Set(present)
  return {
    state: reader.state,
    arrived: present.filter((uid) => uid > highestUid),
    changed: present.filter((uid) => uid <= highestUid),
    expunged: selected.uids.filter((uid) => !isPresent.has(uid)),
  }
}

async function tellGone(selected: SelectedMailbox, writer: ResponseWriter): Promise<void> {
  const numbers = selected.takeGone()
  for (let at = 0; at < numbers.length; at += pageSize) {
    for (const number of numbers.slice(at, at + pageSize)) writer.line(`* ${number} EXPUNGE`)
    if (numbers.length <= pageSize) return
    await writer.flush()
    await setImmediate()
  }
}

async function tellFlags(
  { store, selected, writer, withModSeq, told }: SyncOptions,
  changed: readonly Uid[],
): Promise<void> {
  const untold = changed.filter((uid) => !told.has(uid))
  for (let at = 0; at < untold.length; at += pageSize) {
    const page = untold.slice(at, at + pageSize)
    for (const membership of await shownMemberships(store, { selected, writer }, page))
      writer.line(
        flagsLine(membership, {
          number: selected.numberOf(membership.uid),
          withModSeq,
          showKeyword: selected.keywords.show,
        }),
      )
    if (untold.length <= pageSize) return
    await writer.flush()
    await setImmediate()
  }
}
