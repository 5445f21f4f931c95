import { createHash } from 'node:crypto'

import {
  CANNOT_CALCULATE_CHANGES,
  MailError,
  type AccountId,
  type BlobId,
  type ChangeFeed,
  type Email,
  type EmailCondition,
  type EmailId,
  type EmailQuery,
  type EmailQueryResult,
  type IdChanges,
  type CannotCalculateChanges,
  type Mailbox,
  type MailboxId,
  type MailOp,
  type MailReader,
  type MailStore,
  type ModSeq,
  type ThreadId,
  type Uid,
} from '@gatepost/core'
import { indexMessage, type MimeIndex } from '@gatepost/mime'

type Kind = 'mailbox' | 'email' | 'thread'
interface Event {
  readonly at: number
  readonly kind: Kind
  readonly id: string
  readonly what: 'created' | 'updated' | 'destroyed'
  readonly isCounts?: boolean
}
interface State {
  modSeq: number
  lastId: number
  mailboxes: Map<MailboxId, Mailbox>
  emails: Map<EmailId, Email>
  blobs: Map<BlobId, Buffer>
  events: Event[]
}

/** Just enough of the store ports for one account, to try the protocol without a disk. */
export class MemoryStore implements MailStore, ChangeFeed {
  readonly #account: AccountId
  readonly #index = new Map<EmailId, MimeIndex>()
  readonly #listeners = new Set<(state: ModSeq) => void>()
  #state: State = {
    modSeq: 1,
    lastId: 0,
    mailboxes: new Map(),
    emails: new Map(),
    blobs: new Map(),
    events: [],
  }

  constructor(account: AccountId) {
    this.#account = account
  }

  subscribe(_account: AccountId, listener: (state: ModSeq) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  read<T>(account: AccountId, use: (reader: MailReader) => T): T {
    if (account !== this.#account) throw new MailError('notFound', 'account.notFound', 'none')
    return use(this.#reader())
  }

  transact: MailStore['transact'] = async (account, ops) => {
    if (account !== this.#account) throw new MailError('notFound', 'account.notFound', 'none')
    const before = this.#state
    this.#state = {
      ...before,
      modSeq: before.modSeq + 1,
      mailboxes: new Map(before.mailboxes),
      emails: new Map(before.emails),
      blobs: new Map(before.blobs),
      events: [...before.events],
    }
    try {
      const results = ops.map((op) => this.#apply(op, before.modSeq))
      this.#recount()
      if (ops.every(({ op }) => op === 'putBlob')) this.#state.modSeq = before.modSeq
      else for (const listener of this.#listeners) listener(this.#state.modSeq as ModSeq)
      return results as never
    } catch (error) {
      this.#state = before
      throw error
    }
  }

  deliver(): Promise<never> {
    throw new Error('not here')
  }

  async search(_account: AccountId, query: EmailQuery): Promise<EmailQueryResult> {
    const sort = query.sort ?? [{ property: 'receivedAt', isAscending: false }]
    const emails = [...this.#state.emails.values()].filter((email) =>
      this.#matches(email, query.where),
    )
    emails.sort((a, b) => {
      for (const { property, isAscending, keyword } of sort) {
        const value = (email: Email): number | string => {
          if (property === 'size') return email.size
          if (property === 'subject') return this.#envelope(email).subject ?? ''
          if (property === 'hasKeyword') return email.keywords.includes(keyword ?? '') ? 1 : 0
          return email.receivedAt
        }
        const [x, y] = [value(a), value(b)]
        if (x !== y) return (x < y ? -1 : 1) * (isAscending ? 1 : -1)
      }
      return a.id < b.id ? -1 : 1
    })
    return {
      hits: emails.map(({ id, threadId, modSeq }) => ({ emailId: id, threadId, modSeq })),
      state: this.#state.modSeq as ModSeq,
    }
  }

  #envelope(email: Email): MimeIndex['envelope'] {
    const index = this.#index.get(email.id)
    if (index === undefined) throw new Error('no index')
    return index.envelope
  }

  #matches(email: Email, where: EmailCondition): boolean {
    switch (where.kind) {
      case 'all':
        return true
      case 'and':
        return where.of.every((inner) => this.#matches(email, inner))
      case 'or':
        return where.of.some((inner) => this.#matches(email, inner))
      case 'not':
        return !this.#matches(email, where.of)
      case 'inMailbox':
        return email.mailboxIds.includes(where.mailbox)
      case 'inMailboxOtherThan':
        return email.mailboxIds.some((id) => !where.mailboxes.includes(id))
      case 'keyword':
        return email.keywords.includes(where.keyword)
      case 'sizeAtLeast':
        return email.size >= where.bytes
      case 'subject':
      case 'text':
        return (this.#envelope(email).subject ?? '')
          .toLowerCase()
          .includes(where.contains.toLowerCase())
      case 'hasAttachment':
        return this.#index.get(email.id)?.hasAttachment ?? false
      default:
        throw new Error(`not in the memory store: ${where.kind}`)
    }
  }

  #note(kind: Kind, id: string, what: Event['what'], isCounts = false): void {
    this.#state.events.push({ at: this.#state.modSeq, kind, id, what, isCounts })
  }

  #newId(prefix: string): string {
    this.#state.lastId += 1
    return `${prefix}${this.#state.lastId}`
  }

  #box(id: MailboxId): Mailbox {
    const found = this.#state.mailboxes.get(id)
    if (found === undefined) throw new MailError('notFound', 'mailbox.notFound', 'no such mailbox')
    return found
  }

  #email(id: EmailId): Email {
    const found = this.#state.emails.get(id)
    if (found === undefined) throw new MailError('notFound', 'email.notFound', 'no such email')
    return found
  }

  #apply(op: MailOp, before: number): unknown {
    switch (op.op) {
      case 'expectState':
        if (op.state !== before) throw new MailError('conflict', 'state.mismatch', 'changed')
        return null
      case 'putBlob':
        return this.#putBlob(Buffer.from(op.content))
      case 'addEmail':
        return this.#addEmail(op)
      case 'updateEmail':
        return this.#updateEmail(op)
      case 'destroyEmail': {
        const { threadId } = this.#email(op.emailId)
        this.#state.emails.delete(op.emailId)
        this.#note('email', op.emailId, 'destroyed')
        this.#note('thread', threadId, 'destroyed')
        return null
      }
      case 'createMailbox':
        return this.#createMailbox(op)
      case 'updateMailbox': {
        const box = this.#box(op.mailboxId)
        if (op.parentId !== undefined && op.parentId !== null) this.#box(op.parentId)
        const { op: _op, mailboxId: _id, ...changes } = op
        const next = { ...box, ...changes } as Mailbox
        this.#checkName(next)
        this.#state.mailboxes.set(box.id, next)
        this.#note('mailbox', box.id, 'updated')
        return next
      }
      case 'destroyMailbox':
        return this.#destroyMailbox(op)
      default:
        throw new Error(`not in the memory store: ${op.op}`)
    }
  }

  #putBlob(content: Buffer): { blobId: BlobId; size: number } {
    const blobId = `b${createHash('sha256').update(content).digest('hex').slice(0, 20)}` as BlobId
    this.#state.blobs.set(blobId, content)
    return { blobId, size: content.length }
  }

  #addEmail(op: Extract<MailOp, { op: 'addEmail' }>): unknown {
    const content =
      typeof op.content === 'string' ? this.#state.blobs.get(op.content) : Buffer.from(op.content)
    if (content === undefined) throw new MailError('notFound', 'blob.notFound', 'no such blob')
    for (const id of op.mailboxIds) this.#box(id)
    const id = this.#newId('e') as EmailId
    const index = indexMessage(content)
    this.#index.set(id, index)
    const parent = [...this.#state.emails.values()].find((email) =>
      this.#envelope(email).messageIds.some((messageId) =>
        index.envelope.referenceIds.includes(messageId),
      ),
    )
    const threadId = parent?.threadId ?? (this.#newId('t') as ThreadId)
    const { blobId } = this.#putBlob(content)
    this.#state.emails.set(id, {
      id,
      blobId,
      threadId,
      size: content.length,
      receivedAt: op.receivedAt,
      keywords: op.keywords,
      mailboxIds: op.mailboxIds,
      modSeq: this.#state.modSeq as ModSeq,
    })
    this.#note('email', id, 'created')
    this.#note('thread', threadId, parent === undefined ? 'created' : 'updated')
    return { emailId: id, threadId, blobId, size: content.length, uids: [] }
  }

  #updateEmail(op: Extract<MailOp, { op: 'updateEmail' }>): null {
    const email = this.#email(op.emailId)
    const change = <T extends string>(
      old: readonly T[],
      by: { set: readonly T[] } | { patch: Readonly<Record<string, boolean>> } | undefined,
    ): readonly T[] => {
      if (by === undefined) return old
      if ('set' in by) return by.set
      const next = new Set(old)
      for (const [key, isThere] of Object.entries(by.patch)) {
        if (isThere) next.add(key as T)
        else next.delete(key as T)
      }
      return [...next]
    }
    const mailboxIds = change(email.mailboxIds, op.mailboxIds)
    for (const id of mailboxIds) this.#box(id)
    if (mailboxIds.length === 0)
      throw new MailError('invalid', 'email.noMailbox', 'an email is in a mailbox')
    const keywords = change(email.keywords, op.keywords)
    this.#state.emails.set(email.id, { ...email, mailboxIds, keywords })
    this.#note('email', email.id, 'updated')
    return null
  }

  #createMailbox(op: Extract<MailOp, { op: 'createMailbox' }>): Mailbox {
    if (op.parentId !== null) this.#box(op.parentId)
    const id = this.#newId('m') as MailboxId
    const box: Mailbox = {
      id,
      parentId: op.parentId,
      name: op.name,
      role: op.role ?? null,
      isSubscribed: op.isSubscribed ?? true,
      sortOrder: op.sortOrder ?? 0,
      uidValidity: 1,
      uidNext: 1 as Uid,
      highestModSeq: 1 as ModSeq,
      modSeq: this.#state.modSeq as ModSeq,
      propertiesModSeq: this.#state.modSeq as ModSeq,
      totalEmails: 0,
      unreadEmails: 0,
      totalThreads: 0,
      unreadThreads: 0,
      deletedEmails: 0,
      totalBytes: 0,
    }
    this.#checkName(box)
    this.#state.mailboxes.set(id, box)
    this.#note('mailbox', id, 'created')
    return box
  }

  #checkName(box: Mailbox): void {
    for (const other of this.#state.mailboxes.values())
      if (other.id !== box.id && other.parentId === box.parentId && other.name === box.name)
        throw new MailError('conflict', 'mailbox.exists', 'the name is taken')
  }

  #destroyMailbox(op: Extract<MailOp, { op: 'destroyMailbox' }>): null {
    const box = this.#box(op.mailboxId)
    if (box.role === 'inbox') throw new MailError('denied', 'mailbox.isInbox', 'INBOX stays')
    if ([...this.#state.mailboxes.values()].some(({ parentId }) => parentId === box.id))
      throw new MailError('conflict', 'mailbox.hasChild', 'it has children')
    if (box.totalEmails > 0 && !op.removeEmails)
      throw new MailError('conflict', 'mailbox.hasEmail', 'it has emails')
    for (const email of this.#state.emails.values()) {
      if (!email.mailboxIds.includes(box.id)) continue
      const mailboxIds = email.mailboxIds.filter((id) => id !== box.id)
      if (mailboxIds.length > 0) this.#state.emails.set(email.id, { ...email, mailboxIds })
      else this.#state.emails.delete(email.id)
      this.#note('email', email.id, mailboxIds.length > 0 ? 'updated' : 'destroyed')
    }
    this.#state.mailboxes.delete(box.id)
    this.#note('mailbox', box.id, 'destroyed')
    return null
  }

  #recount(): void {
    for (const box of this.#state.mailboxes.values()) {
      const emails = [...this.#state.emails.values()].filter(({ mailboxIds }) =>
        mailboxIds.includes(box.id),
      )
      const unread = emails.filter(({ keywords }) => !keywords.includes('$seen'))
      const next = {
        ...box,
        totalEmails: emails.length,
        unreadEmails: unread.length,
        totalThreads: new Set(emails.map(({ threadId }) => threadId)).size,
        unreadThreads: new Set(unread.map(({ threadId }) => threadId)).size,
      }
      if (next.totalEmails !== box.totalEmails || next.unreadEmails !== box.unreadEmails)
        this.#note('mailbox', box.id, 'updated', true)
      this.#state.mailboxes.set(box.id, next)
    }
  }

  #reader(): MailReader {
    const state = this.#state
    return {
      state: state.modSeq as ModSeq,
      mailboxes: {
        get: (id) => state.mailboxes.get(id),
        list: () => [...state.mailboxes.values()],
      },
      memberships: { uids: () => [], get: () => [], page: () => [] },
      emails: {
        get: (ids) => ids.flatMap((id) => state.emails.get(id) ?? []),
        index: (id) => (state.emails.has(id) ? this.#index.get(id) : undefined),
        thread: (id) =>
          [...state.emails.values()]
            .filter((email) => email.threadId === id)
            .map(({ id: it }) => it),
      },
      blobs: {
        size: (id) => state.blobs.get(id)?.length,
        range: (id, start, end) => state.blobs.get(id)?.subarray(start, end),
      },
      changes: {
        mailboxes: (since, limit) => {
          const changes = changesOf(state, 'mailbox', since, limit)
          if (changes === CANNOT_CALCULATE_CHANGES) return changes
          const isCountsOnly = state.events.every(
            ({ at, kind, what, isCounts }) =>
              at <= since || kind !== 'mailbox' || what !== 'updated' || isCounts === true,
          )
          return { ...(changes as IdChanges<MailboxId>), isCountsOnly }
        },
        emails: (since, limit) => changesOf(state, 'email', since, limit),
        threads: (since, limit) => changesOf(state, 'thread', since, limit),
        memberships: () => CANNOT_CALCULATE_CHANGES,
      },
    }
  }
}

function changesOf<Id extends string>(
  state: State,
  kind: Kind,
  since: number,
  limit: number,
): IdChanges<Id> | CannotCalculateChanges {
  if (since > state.modSeq || since < 1) return CANNOT_CALCULATE_CHANGES
  const lists = { created: new Set<Id>(), updated: new Set<Id>(), destroyed: new Set<Id>() }
  let newState = state.modSeq
  let hasMore = false
  for (const event of state.events) {
    if (event.at <= since || event.kind !== kind) continue
    const count = lists.created.size + lists.updated.size + lists.destroyed.size
    if (count >= limit && event.at > newState) break
    if (count >= limit && !hasMore) {
      hasMore = event.at !== state.modSeq
      if (hasMore) {
        newState = event.at - 1
        break
      }
    }
    const id = event.id as Id
    if (event.what === 'created') lists.created.add(id)
    else if (event.what === 'updated') {
      if (!lists.created.has(id)) lists.updated.add(id)
    } else {
      lists.updated.delete(id)
      if (!lists.created.delete(id)) lists.destroyed.add(id)
    }
  }
  return {
    created: [...lists.created],
    updated: [...lists.updated],
    destroyed: [...lists.destroyed],
    newState: newState as ModSeq,
    hasMore,
  }
}
