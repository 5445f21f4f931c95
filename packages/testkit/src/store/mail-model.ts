import type { EmailId, MailboxId, MailOp, PrincipalId } from '@gatepost/core'

export interface ModelEmail {
  /** Null until the store is asked: a copy in the same mailbox gets an id of its own. */
  id: EmailId | null
  /** The owner's. */
  keywords: Set<string>
  /** Viewers who have `$seen`. */
  readonly seenBy: Set<PrincipalId>
  readonly size: number
  readonly receivedAt: number
}
export interface ModelMembership {
  readonly email: ModelEmail
  isDeleted: boolean
}
export interface ModelMailbox {
  readonly id: MailboxId
  name: string
  uidNext: number
  readonly entries: Map<number, ModelMembership>
}

type OpOf<Name extends MailOp['op']> = Extract<MailOp, { op: Name }>

/** The mail of one account as the docstrings of MailOp describe it, in maps. Takes only ops that succeed. */
export class MailModel {
  readonly mailboxes: Map<MailboxId, ModelMailbox> = new Map()
  readonly viewers: Set<PrincipalId> = new Set()

  /** They find what the owner has. */
  addViewer(viewer: PrincipalId): void {
    this.viewers.add(viewer)
    for (const email of this.emails()) if (email.keywords.has('$seen')) email.seenBy.add(viewer)
  }

  removeViewer(viewer: PrincipalId): void {
    this.viewers.delete(viewer)
    for (const email of this.emails()) email.seenBy.delete(viewer)
  }

  mailbox(id: MailboxId): ModelMailbox {
    const found = this.mailboxes.get(id)
    if (found === undefined) throw new Error(`the model has no mailbox ${id}`)
    return found
  }

  emails(): Set<ModelEmail> {
    const all = [...this.mailboxes.values()].flatMap(({ entries }) => [...entries.values()])
    return new Set(all.map(({ email }) => email))
  }

  addMailbox(id: MailboxId, name: string): void {
    this.mailboxes.set(id, { id, name, uidNext: 1, entries: new Map() })
  }

  addEmail(
    op: OpOf<'addEmail'>,
    { id, size, by }: { readonly id: EmailId; readonly size: number; readonly by: By },
  ): void {
    const email: ModelEmail = {
      id,
      keywords: new Set(),
      seenBy: new Set(),
      size,
      receivedAt: op.receivedAt,
    }
    setKeywords(email, new Set(op.keywords), by)
    // Of a new email, what the owner has is everybody's.
    if (by === undefined && email.keywords.has('$seen'))
      for (const viewer of this.viewers) email.seenBy.add(viewer)
    for (const mailbox of new Set(op.mailboxIds))
      put(this.mailbox(mailbox), email, op.isDeleted ?? false)
  }

  updateFlags(op: OpOf<'updateFlags'>, by: By): void {
    const { entries } = this.mailbox(op.mailboxId)
    for (const uid of op.uids) {
      const entry = entries.get(uid)
      if (entry === undefined) continue
      const keywords = keywordsFor(entry.email, by)
      if (op.mode === 'replace') keywords.clear()
      for (const keyword of op.keywords) {
        if (op.mode === 'remove') keywords.delete(keyword)
        else keywords.add(keyword)
      }
      setKeywords(entry.email, keywords, by)
      if (op.mode === 'replace') entry.isDeleted = op.isDeleted ?? false
      else if (op.isDeleted === true) entry.isDeleted = op.mode === 'add'
    }
  }

  copyOrMove(op: OpOf<'copy' | 'move'>): void {
    const [from, to] = [this.mailbox(op.fromId), this.mailbox(op.toId)]
    const asked = op.uids
      .toSorted((a, b) => a - b)
      .map((uid) => [uid, from.entries.get(uid)] as const)
    for (const [uid, entry] of asked) {
      if (entry === undefined) continue
      if (op.op === 'move' && from === to) from.entries.delete(uid)
      const isThere = [...to.entries.values()].some(({ email }) => email === entry.email)
      const { keywords, seenBy } = entry.email
      const twin = {
        ...entry.email,
        id: null,
        keywords: new Set(keywords),
        seenBy: new Set(seenBy),
      }
      put(to, isThere ? twin : entry.email, entry.isDeleted)
      if (op.op === 'move') from.entries.delete(uid)
    }
  }

  expunge(op: OpOf<'expunge'>): void {
    const { entries } = this.mailbox(op.mailboxId)
    for (const uid of op.uids ?? [...entries.keys()])
      if (!op.onlyDeleted || entries.get(uid)?.isDeleted === true) entries.delete(uid)
  }

  setMailboxes(email: ModelEmail, wanted: ReadonlySet<MailboxId>): void {
    for (const mailbox of [...this.mailboxes.values()].toSorted(byAge)) {
      const uid = [...mailbox.entries].find(([, entry]) => entry.email === email)?.[0]
      if (uid !== undefined && !wanted.has(mailbox.id)) mailbox.entries.delete(uid)
      if (uid === undefined && wanted.has(mailbox.id)) put(mailbox, email, false)
    }
  }
}

/** Whose view it is; undefined: the owner's. */
export type By = PrincipalId | undefined

export function keywordsFor({ keywords, seenBy }: ModelEmail, by: By): Set<string> {
  const found = new Set(keywords)
  if (by === undefined) return found
  found.delete('$seen')
  return seenBy.has(by) ? found.add('$seen') : found
}

export function setKeywords(email: ModelEmail, keywords: ReadonlySet<string>, by: By): void {
  const wasSeen = email.keywords.has('$seen')
  email.keywords = new Set(keywords)
  if (by === undefined) return
  email.keywords.delete('$seen')
  if (wasSeen) email.keywords.add('$seen')
  if (keywords.has('$seen')) email.seenBy.add(by)
  else email.seenBy.delete(by)
}

function put(mailbox: ModelMailbox, email: ModelEmail, isDeleted: boolean): void {
  mailbox.entries.set(mailbox.uidNext, { email, isDeleted })
  mailbox.uidNext += 1
}

function byAge(one: ModelMailbox, other: ModelMailbox): number {
  return one.id < other.id ? -1 : 1
}
