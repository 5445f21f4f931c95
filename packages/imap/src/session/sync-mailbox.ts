import { setImmediate } from 'node:timers/promises'

import { CANNOT_CALCULATE_CHANGES, type MailStore, type ModSeq, type Uid } from '@gatepost/core'

import { flagsLine } from './flags-line.ts'
import type { ResponseWriter } from './response-writer.ts'
import type { SelectedMailbox } from './selected-mailbox.ts'
import { tellKeywords } from './tell-keywords.ts'

/** Memberships read at once: the event loop is free in between. */
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
  const changes = changesOf(store, selected)
  if (changes === 'mailboxGone') return 'mailboxGone'
  if (changes !== 'none') {
    selected.markGone(changes.expunged)
    selected.modSeq = changes.state
  }
  if (mayExpunge && selected.hasGone)
    for (const number of selected.takeGone()) writer.line(`* ${number} EXPUNGE`)
  if (changes === 'none') return 'current'
  tellKeywords(store, selected, writer)
  if (changes.arrived.length > 0) {
    selected.add(changes.arrived)
    writer.line(`* ${selected.uids.length} EXISTS`)
    writer.line('* 0 RECENT')
  }
  await tellFlags(options, changes.changed)
  return 'current'
}

/** Marks as gone what others have expunged, without telling the client yet. */
export function markExpunged(store: MailStore, selected: SelectedMailbox): void {
  const changes = changesOf(store, selected)
  if (typeof changes === 'object') selected.markGone(changes.expunged)
}

interface Changes {
  readonly state: ModSeq
  readonly arrived: readonly Uid[]
  readonly changed: readonly Uid[]
  readonly expunged: readonly Uid[]
}

function changesOf(store: MailStore, selected: SelectedMailbox): Changes | 'none' | 'mailboxGone' {
  return store.read(selected.accountId, (reader) => {
    if (reader.state === selected.modSeq) return 'none'
    if (reader.mailboxes.get(selected.id)?.isSelectable !== true) return 'mailboxGone'
    const { highestUid } = selected
    const known = reader.changes.memberships(selected.id, selected.modSeq)
    if (known !== CANNOT_CALCULATE_CHANGES)
      return {
        state: reader.state,
        arrived: known.changedUids.filter((uid) => uid > highestUid),
        changed: known.changedUids.filter((uid) => uid <= highestUid),
        expunged: known.expungedUids,
      }
    // The store has forgotten since when: everything that is still there counts as changed.
    const present = reader.memberships.uids(selected.id)
    const isPresent = new Set(present)
    return {
      state: reader.state,
      arrived: present.filter((uid) => uid > highestUid),
      changed: present.filter((uid) => uid <= highestUid),
      expunged: selected.uids.filter((uid) => !isPresent.has(uid)),
    }
  })
}

async function tellFlags(
  { store, selected, writer, withModSeq, told }: SyncOptions,
  changed: readonly Uid[],
): Promise<void> {
  const untold = changed.filter((uid) => !told.has(uid))
  for (let at = 0; at < untold.length; at += pageSize) {
    const page = untold.slice(at, at + pageSize)
    const memberships = store.read(selected.accountId, (reader) =>
      reader.memberships.get(selected.id, page),
    )
    tellKeywords(store, selected, writer)
    for (const membership of memberships)
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
