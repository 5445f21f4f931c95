/* oxlint-disable vitest/no-standalone-expect -- called by tests */
import type {
  CannotCalculateChanges,
  Email,
  IdChanges,
  Mailbox,
  MailboxId,
  MailReader,
  Membership,
  ModSeq,
} from '@gatepost/core'
import { expect } from 'vitest'

/** One client's copy of a kind of object, brought up to date by changes alone. */
class SyncedSet<Id extends string, Value> {
  readonly known = new Map<Id, Value>()
  state: ModSeq

  constructor(state: ModSeq, values: readonly (readonly [Id, Value])[]) {
    this.state = state
    for (const [id, value] of values) this.known.set(id, value)
  }

  /** Page by page; each id is in one list, `created` is new, `updated` is known. */
  sync(
    ask: (since: ModSeq) => IdChanges<Id> | CannotCalculateChanges,
    fetch: (id: Id) => Value | undefined,
  ): void {
    for (;;) {
      const changes = ask(this.state)
      if (changes === 'cannotCalculateChanges') throw new Error('changes are missing')
      const ids = [...changes.created, ...changes.updated, ...changes.destroyed]
      expect(new Set(ids).size).toBe(ids.length)
      for (const id of changes.created) expect(this.known.has(id)).toBe(false)
      for (const id of changes.updated) expect(this.known.has(id)).toBe(true)
      for (const id of [...changes.created, ...changes.updated]) {
        const value = fetch(id)
        if (value !== undefined) this.known.set(id, value)
      }
      for (const id of changes.destroyed) this.known.delete(id)
      if (changes.hasMore) expect(changes.newState).toBeGreaterThan(this.state)
      this.state = changes.newState
      if (!changes.hasMore) return
    }
  }
}

/** A client that was there at some time and asks for changes now and then: it must always end at the truth. */
export class SyncedView {
  readonly #emails: SyncedSet<string, Email>
  readonly #threads: SyncedSet<string, readonly string[]>
  readonly #mailboxes: SyncedSet<string, Mailbox>
  readonly #memberships = new Map<MailboxId, Map<number, Membership>>()
  #state: ModSeq

  constructor(reader: MailReader) {
    this.#state = reader.state
    this.#emails = new SyncedSet(reader.state, allEmails(reader))
    this.#threads = new SyncedSet(reader.state, allThreads(reader))
    this.#mailboxes = new SyncedSet(reader.state, allMailboxes(reader))
    for (const { id } of reader.mailboxes.list())
      this.#memberships.set(id, allMemberships(reader, id))
  }

  /** `limit`: ids a page. */
  sync(reader: MailReader, limit: number): void {
    this.#emails.sync(
      (since) => reader.changes.emails(since, limit),
      (id) => reader.emails.get([id as Email['id']])[0],
    )
    this.#threads.sync(
      (since) => reader.changes.threads(since, limit),
      (id) => reader.emails.thread(id as Email['threadId']),
    )
    this.#mailboxes.sync(
      (since) => reader.changes.mailboxes(since, limit),
      (id) => reader.mailboxes.get(id as MailboxId),
    )
    expect(this.#emails.known).toEqual(new Map(allEmails(reader)))
    expect(this.#threads.known).toEqual(new Map(allThreads(reader)))
    this.#checkMailboxes(reader)
    this.#syncMemberships(reader)
    this.#state = reader.state
  }

  /** HIGHESTMODSEQ may move while nothing of the mailbox itself changes. */
  #checkMailboxes(reader: MailReader): void {
    expect(new Map([...this.#mailboxes.known].map(withoutHighest))).toEqual(
      new Map(allMailboxes(reader).map(withoutHighest)),
    )
  }

  #syncMemberships(reader: MailReader): void {
    const mailboxes = reader.mailboxes.list().map(({ id }) => id)
    for (const id of mailboxes) {
      const view = this.#memberships.get(id) ?? new Map<number, Membership>()
      this.#memberships.set(id, view)
      const changes = reader.changes.memberships(id, this.#state)
      if (changes === 'cannotCalculateChanges') throw new Error('changes are missing')
      for (const uid of changes.expungedUids) expect(view.delete(uid)).toBe(true)
      const changed = reader.memberships.get(id, changes.changedUids)
      expect(changed.map(({ uid }) => uid)).toEqual(changes.changedUids)
      for (const membership of changed) view.set(membership.uid, membership)
      expect(view).toEqual(allMemberships(reader, id))
    }
  }
}

function withoutHighest([id, mailbox]: readonly [string, Mailbox]): readonly [string, object] {
  return [id, { ...mailbox, highestModSeq: 0 }]
}

function allMemberships(reader: MailReader, mailbox: MailboxId): Map<number, Membership> {
  return new Map(reader.memberships.page(mailbox, 0, 1_000).map((one) => [one.uid, one]))
}

function allEmails(reader: MailReader): [string, Email][] {
  const ids = reader.mailboxes
    .list()
    .flatMap(({ id }) => reader.memberships.page(id, 0, 1_000).map(({ emailId }) => emailId))
  return reader.emails.get([...new Set(ids)]).map((email) => [email.id, email])
}

function allThreads(reader: MailReader): [string, readonly string[]][] {
  const ids = allEmails(reader).map(([, { threadId }]) => threadId)
  return [...new Set(ids)].map((id) => [id, reader.emails.thread(id)])
}

function allMailboxes(reader: MailReader): [string, Mailbox][] {
  return reader.mailboxes.list().map((mailbox) => [mailbox.id, mailbox])
}
