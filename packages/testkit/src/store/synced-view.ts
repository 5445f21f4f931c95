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
export class SyncedSet<Id extends string, Value> {
  readonly known: Map<Id, Value> = new Map()
  state: ModSeq

  constructor(state: ModSeq, values: readonly (readonly [Id, Value])[]) {
    this.state = state
    for (const [id, value] of values) this.known.set(id, value)
  }

  /** Page by page; each id is in one list, `created` is new, `updated` is known. */
  async sync(
    ask: (since: ModSeq) => Promise<IdChanges<Id> | CannotCalculateChanges>,
    fetch: (ids: readonly Id[]) => Promise<readonly (readonly [Id, Value])[]>,
  ): Promise<void> {
    for (;;) {
      const changes = await ask(this.state)
      if (changes === 'cannotCalculateChanges') throw new Error('changes are missing')
      const ids = [...changes.created, ...changes.updated, ...changes.destroyed]
      expect(new Set(ids).size).toBe(ids.length)
      for (const id of changes.created) expect(this.known.has(id)).toBe(false)
      for (const id of changes.updated) expect(this.known.has(id)).toBe(true)
      const values = await fetch([...changes.created, ...changes.updated])
      for (const [id, value] of values) this.known.set(id, value)
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
  readonly #memberships: Map<MailboxId, Map<number, Membership>>
  #state: ModSeq

  private constructor(state: ModSeq, seen: Seen) {
    this.#state = state
    this.#emails = new SyncedSet(state, seen.emails)
    this.#threads = new SyncedSet(state, seen.threads)
    this.#mailboxes = new SyncedSet(state, seen.mailboxes)
    this.#memberships = seen.memberships
  }

  static async of(reader: MailReader): Promise<SyncedView> {
    const memberships = new Map<MailboxId, Map<number, Membership>>()
    for (const { id } of await reader.mailboxes.list())
      memberships.set(id, await allMemberships(reader, id))
    return new SyncedView(reader.state, {
      memberships,
      emails: await allEmails(reader),
      threads: await allThreads(reader),
      mailboxes: await allMailboxes(reader),
    })
  }

  /** `limit`: ids a page. */
  async sync(reader: MailReader, limit: number): Promise<void> {
    const { changes, emails, mailboxes } = reader
    await this.#emails.sync(
      (since) => changes.emails(since, limit),
      async (ids) => byId(await emails.get(ids as Email['id'][])),
    )
    await this.#threads.sync(
      (since) => changes.threads(since, limit),
      async (ids) => [...(await emails.threads(ids as Email['threadId'][]))],
    )
    await this.#mailboxes.sync(
      (since) => changes.mailboxes(since, limit),
      async (ids) => byId(await mailboxes.get(ids as MailboxId[])),
    )
    expect(this.#emails.known).toEqual(new Map(await allEmails(reader)))
    expect(this.#threads.known).toEqual(new Map(await allThreads(reader)))
    await this.#checkMailboxes(reader)
    await this.#syncMemberships(reader, limit)
    this.#state = reader.state
  }

  /** HIGHESTMODSEQ may move while nothing of the mailbox itself changes. */
  async #checkMailboxes(reader: MailReader): Promise<void> {
    expect(new Map([...this.#mailboxes.known].map(withoutHighest))).toEqual(
      new Map((await allMailboxes(reader)).map(withoutHighest)),
    )
  }

  async #syncMemberships(reader: MailReader, limit: number): Promise<void> {
    for (const { id } of await reader.mailboxes.list()) {
      const view = this.#memberships.get(id) ?? new Map<number, Membership>()
      this.#memberships.set(id, view)
      for (let from: ModSeq | undefined = this.#state; from !== undefined;)
        from = await this.#syncPage(reader, { id, view, from, limit })
      expect(view).toEqual(await allMemberships(reader, id))
    }
  }

  /** Answers where the next page begins. */
  async #syncPage(
    { changes, memberships }: MailReader,
    { id, view, from, limit }: PageOfMailbox,
  ): Promise<ModSeq | undefined> {
    const page = await changes.memberships(id, this.#state, { from, limit })
    if (page === 'cannotCalculateChanges') throw new Error('changes are missing')
    expect(page.changedUids.length + page.expungedUids.length).toBeLessThanOrEqual(
      Math.max(2, limit),
    )
    for (const uid of page.expungedUids) expect(view.delete(uid)).toBe(true)
    const changed = await memberships.get(id, page.changedUids)
    expect(changed.map(({ uid }) => uid)).toEqual(page.changedUids)
    for (const membership of changed) view.set(membership.uid, membership)
    return page.next
  }
}

interface PageOfMailbox {
  readonly id: MailboxId
  readonly view: Map<number, Membership>
  readonly from: ModSeq
  readonly limit: number
}

interface Seen {
  readonly emails: readonly (readonly [string, Email])[]
  readonly threads: readonly (readonly [string, readonly string[]])[]
  readonly mailboxes: readonly (readonly [string, Mailbox])[]
  readonly memberships: Map<MailboxId, Map<number, Membership>>
}

function byId<Value extends { readonly id: string }>(values: readonly Value[]): [string, Value][] {
  return values.map((value) => [value.id, value])
}

function withoutHighest([id, mailbox]: readonly [string, Mailbox]): readonly [string, object] {
  return [id, { ...mailbox, highestModSeq: 0 }]
}

async function allMemberships(
  { memberships }: MailReader,
  mailbox: MailboxId,
): Promise<Map<number, Membership>> {
  const page = await memberships.page(mailbox, 0, 1_000)
  return new Map(page.map((one) => [one.uid, one]))
}

async function allEmails({
  mailboxes,
  memberships,
  emails,
}: MailReader): Promise<[string, Email][]> {
  const ids = new Set<Email['id']>()
  for (const { id } of await mailboxes.list())
    for (const { emailId } of await memberships.page(id, 0, 1_000)) ids.add(emailId)
  return byId(await emails.get([...ids]))
}

async function allThreads(reader: MailReader): Promise<(readonly [string, readonly string[]])[]> {
  const ids = (await allEmails(reader)).map(([, { threadId }]) => threadId)
  return [...(await reader.emails.threads([...new Set(ids)]))]
}

async function allMailboxes({ mailboxes }: MailReader): Promise<[string, Mailbox][]> {
  return byId(await mailboxes.list())
}
