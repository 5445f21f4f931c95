import type { MailOp, MailOpResults } from '@gatepost/core'

import { type By, keywordsFor, type MailModel, type ModelEmail, setKeywords } from './mail-model.ts'

/** Does to the model what the store has done, with the ids that the store gave. */
export function followOp(
  model: MailModel,
  op: MailOp,
  { result, by }: { readonly result: MailOpResults[keyof MailOpResults]; readonly by: By },
): void {
  switch (op.op) {
    case 'addEmail': {
      const added = result as MailOpResults['addEmail']
      model.addEmail(op, { id: added.emailId, size: added.size, by })
      break
    }
    case 'updateFlags':
      model.updateFlags(op, by)
      break
    case 'copy':
    case 'move':
      model.copyOrMove(op)
      break
    case 'expunge':
      model.expunge(op)
      break
    case 'updateEmail':
      followUpdate(model, op, by)
      break
    case 'destroyEmail':
      model.setMailboxes(emailOf(model, op.emailId), new Set())
      break
    case 'createMailbox': {
      const made = result as MailOpResults['createMailbox']
      model.addMailbox(made.id, made.name)
      break
    }
    case 'updateMailbox':
      model.mailbox(op.mailboxId).name = op.name ?? model.mailbox(op.mailboxId).name
      break
    case 'destroyMailbox':
      model.mailboxes.delete(op.mailboxId)
      break
    case 'expectState':
    case 'putBlob':
    case 'putRecord':
    case 'deleteRecord':
      break
    default:
  }
}

function followUpdate(model: MailModel, op: Extract<MailOp, { op: 'updateEmail' }>, by: By): void {
  const email = emailOf(model, op.emailId)
  if (op.mailboxIds !== undefined && 'set' in op.mailboxIds)
    model.setMailboxes(email, new Set(op.mailboxIds.set))
  if (op.keywords === undefined || !('patch' in op.keywords)) return
  const keywords = keywordsFor(email, by)
  for (const [keyword, isIn] of Object.entries(op.keywords.patch)) {
    if (isIn) keywords.add(keyword)
    else keywords.delete(keyword)
  }
  setKeywords(email, keywords, by)
}

function emailOf(model: MailModel, id: string): ModelEmail {
  for (const email of model.emails()) if (email.id === id) return email
  throw new Error(`the model has no email ${id}`)
}
