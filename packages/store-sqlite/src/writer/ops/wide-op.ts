import type { CopiedEmails, MailOp, MailOpResults, Uid } from '@gatepost/core'
import { keyOf, mailboxId } from '@gatepost/store-model'

import type { AccountTx } from '../account-tx.ts'
import { forgetCopies, noteCopies } from '../unfinished-copies.ts'
import { copyEmails } from './copy-emails.ts'
import { type EmailWalk, nextPage, walkOver } from './email-walk.ts'
import { checkDestroyable, createMailbox, destroyEmptied, mailboxSeen } from './mailboxes.ts'
import { expunge } from './remove-emails.ts'
import { updateFlags } from './update-flags.ts'

const wideOps = [
  'updateFlags',
  'copy',
  'move',
  'expunge',
  'createMailbox',
  'destroyMailbox',
] as const

/** An op over any number of emails. */
export type WideOp = Extract<MailOp, { op: (typeof wideOps)[number] }>
export type WideResult = MailOpResults[WideOp['op']]

/** What became of some of the emails. */
interface Page {
  readonly uids?: readonly Uid[]
  readonly refusedUids?: readonly Uid[]
  readonly copied?: CopiedEmails['uids']
}

/** How far a wide op has come: a plain value, so that a step that was undone is done again from the value before it. */
export interface WideProgress {
  readonly op: WideOp
  /** The emails that are left; undefined: none. */
  readonly walk: EmailWalk | undefined
  readonly pages: readonly Page[]
  /** The mailbox that it has made; 0 for none. */
  readonly made: number
  /** What is noted of the copies made so far, for a process that ends in between. */
  readonly notes: readonly number[]
}

export function isWide(op: MailOp): op is WideOp {
  return (wideOps as readonly string[]).includes(op.op)
}

/** Checks what it needs, and makes what it begins with. @throws MailError see the op */
export function beginWide(tx: AccountTx, op: WideOp): WideProgress {
  const nothing = { op, walk: undefined, pages: [], made: 0, notes: [] } as const
  switch (op.op) {
    case 'createMailbox': {
      if (op.emailsFrom === undefined) return { ...nothing, made: createMailbox(tx, op).id }
      const from = tx.mailbox(keyOf('m', op.emailsFrom))
      const made = createMailbox(tx, op).id
      return { ...nothing, made, walk: wholeMailbox(from.id, from.uid_next) }
    }
    case 'destroyMailbox': {
      const { id, total_emails: emails } = checkDestroyable(tx, op)
      return emails === 0 ? nothing : { ...nothing, walk: wholeMailbox(id, Infinity) }
    }
    case 'expunge': {
      if (op.uids !== undefined) return { ...nothing, walk: walkOver(op.uids) }
      const { id, uid_next: until, deleted_emails: marked } = tx.mailbox(keyOf('m', op.mailboxId))
      if (op.onlyDeleted && marked === 0) return nothing
      return { ...nothing, walk: { ...wholeMailbox(id, until), onlyDeleted: op.onlyDeleted } }
    }
    case 'updateFlags':
    case 'copy':
    case 'move':
      return { ...nothing, walk: walkOver(op.uids) }
    default:
      throw new Error(`no wide op: ${String((op as { op: unknown }).op)}`)
  }
}

function wholeMailbox(mailbox: number, until: number) {
  return { mailbox, after: 0, until, onlyDeleted: false } as const
}

/** Some more of the emails: for as long as `mayGoOn`, and one page at least. @throws MailError see the op */
export function continueWide(
  tx: AccountTx,
  progress: WideProgress,
  mayGoOn: () => boolean,
): WideProgress {
  const { op, made } = progress
  const pages: Page[] = []
  let { walk } = progress
  do {
    if (walk === undefined) break
    const { uids, rest } = nextPage(tx, walk)
    pages.push(workOn(tx, { op, uids, made }))
    walk = rest
  } while (mayGoOn())
  const after = { ...progress, walk, pages: [...progress.pages, ...pages] }
  const copies = op.op === 'copy' && walk !== undefined ? copiesOf(pages) : []
  if (op.op !== 'copy' || copies.length === 0) return after
  return { ...after, notes: [...after.notes, noteCopies(tx, keyOf('m', op.toId), copies)] }
}

function workOn(
  tx: AccountTx,
  { op, uids, made }: Pick<WideProgress, 'op' | 'made'> & { readonly uids: readonly number[] },
): Page {
  switch (op.op) {
    case 'updateFlags':
      return updateFlags(tx, op, uids)
    case 'copy':
    case 'move':
      return { copied: copyEmails(tx, op, uids) }
    case 'expunge':
      return expunge(tx, op, uids)
    case 'destroyMailbox': {
      const { mailboxId: mailbox } = op
      return expunge(tx, { op: 'expunge', mailboxId: mailbox, onlyDeleted: false }, uids)
    }
    case 'createMailbox': {
      if (op.emailsFrom === undefined) throw new Error('no emails to move')
      const move = { op: 'move', fromId: op.emailsFrom, toId: mailboxId(made), uids: [] } as const
      return { copied: copyEmails(tx, move, uids) }
    }
    default:
      throw new Error(`no wide op: ${String((op as { op: unknown }).op)}`)
  }
}

/** No email is left; the answer is taken after the transaction has settled its counters. @throws MailError see the op */
export function finishWide(
  tx: AccountTx,
  { op, pages, made, notes }: WideProgress,
): () => WideResult {
  forgetCopies(tx.sql, notes)
  const uids = pages.flatMap((page) => page.uids ?? [])
  switch (op.op) {
    case 'createMailbox': {
      const row = tx.mailbox(made)
      return () => mailboxSeen(tx, row)
    }
    case 'destroyMailbox': {
      const destroyed = destroyEmptied(tx, op)
      return () => destroyed
    }
    case 'updateFlags':
      return () => ({ uids, refusedUids: pages.flatMap((page) => page.refusedUids ?? []) })
    case 'copy':
    case 'move': {
      const { uid_validity: uidValidity } = tx.mailbox(keyOf('m', op.toId))
      return () => ({ uidValidity, uids: pages.flatMap((page) => page.copied ?? []) })
    }
    case 'expunge':
      return () => ({ uids })
    default:
      throw new Error(`no wide op: ${String((op as { op: unknown }).op)}`)
  }
}

/** What takes back the copies that a copy has made so far; undefined: there are none, or it is another op, whose steps stand by themselves. */
export function undoingWide({ op, pages, notes }: WideProgress): WideProgress | undefined {
  if (op.op !== 'copy') return undefined
  const copies = copiesOf(pages)
  if (copies.length === 0) return undefined
  const undo = { op: 'expunge', mailboxId: op.toId, uids: copies, onlyDeleted: false } as const
  return { op: undo, walk: walkOver(copies), pages: [], made: 0, notes }
}

function copiesOf(pages: readonly Page[]): Uid[] {
  return pages.flatMap(({ copied = [] }) => copied.map(({ to }) => to))
}
