import type { EmailId, MailboxId, MailOp } from '@gatepost/core'

export interface ModelEmail {
  /** Null until the store is asked: a copy in the same mailbox gets an id of its own. */
  id: EmailId | null
  keywords: Set<string>
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

  addEmail(op: OpOf<'addEmail'>, id: EmailId, size: number): void {
    const email = { id, keywords: new Set(op.keywords), size, receivedAt: op.receivedAt }
    for (const mailbox of new Set(op.mailboxIds))
      put(this.mailbox(mailbox), email, op.isDeleted ?? false)
  }

  updateFlags(op: OpOf<'updateFlags'>): void {
    const { entries } = this.mailbox(op.mailboxId)
    for (const uid of op.uids) {
      const entry = entries.get(uid)
      if (entry === undefined) continue
      const { keywords } = entry.email
      if (op.mode === 'replace') keywords.clear()
      for (const keyword of op.keywords) {
        if (op.mode === 'remove') keywords.delete(keyword)
        else keywords.add(keyword)
      }
      if (op.mode === 'replace') entry.isDeleted = op.isDeleted ?? false
      else if (op.isDeleted === true) entry.isDeleted = op.mode === 'add'
    }
  }

  copyOrMove(op: OpOf<'copy' | 'move'>): void {
    const [from, to] = [this.mailbox(op.fromId), this.mailbox(op.toId)]
    for (const uid of op.uids.toSorted((a, b) => a - b)) {
      const entry = from.entries.get(uid)
      if (entry === undefined) continue
      if (op.op === 'move' && from === to) from.entries.delete(uid)
      const isThere = [...to.entries.values()].some(({ email }) => email === entry.email)
      const twin = { ...entry.email, id: null, keywords: new Set(entry.email.keywords) }
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

function put(mailbox: ModelMailbox, email: ModelEmail, isDeleted: boolean): void {
  mailbox.entries.set(mailbox.uidNext, { email, isDeleted })
  mailbox.uidNext += 1
}

function byAge(one: ModelMailbox, other: ModelMailbox): number {
  return one.id < other.id ? -1 : 1
}
