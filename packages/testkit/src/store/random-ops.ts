import type { MailOp, Uid } from '@gatepost/core'

import type { MailModel, ModelEmail, ModelMailbox } from './mail-model.ts'
import type { RandomSource } from './random-source.ts'
import { testMessage } from './store-fixture.ts'

const keywords = ['$seen', '$flagged', 'a', 'b', 'c']
const subjects = ['one', 'Re: one', 'two', '']

/** What to ask next; the model follows with the store's answer. */
export function randomOp(random: RandomSource, model: MailModel, step: number): MailOp {
  const mailboxes = [...model.mailboxes.values()]
  const mailbox = random.pick(mailboxes)
  const emails = [...model.emails()].filter(({ id }) => id !== null)
  const choice = random.below(100)
  if (choice < 30 || emails.length === 0) return addOp(random, mailboxes, step)
  if (choice < 50) return flagsOp(random, mailbox)
  if (choice < 65)
    return {
      op: random.chance(50) ? 'copy' : 'move',
      fromId: mailbox.id,
      toId: random.pick(mailboxes).id,
      uids: someUids(random, mailbox),
    }
  if (choice < 75)
    return {
      op: 'expunge',
      mailboxId: mailbox.id,
      onlyDeleted: random.chance(60),
      ...(random.chance(50) ? { uids: someUids(random, mailbox) } : {}),
    }
  if (choice < 87) return updateOp(random, mailboxes, random.pick(emails))
  return rareOp(random, model, step)
}

function addOp(random: RandomSource, mailboxes: readonly ModelMailbox[], step: number): MailOp {
  const chosen = random.some(mailboxes, 30)
  const content = testMessage({
    id: `${random.below(12)}@x`,
    subject: random.pick(subjects),
    references: random.some(['1@x', '5@x', '9@x'], 20),
    body: random.chance(20) ? 'always the same' : `step ${step}`,
  })
  return {
    op: 'addEmail',
    content,
    mailboxIds: (chosen.length > 0 ? chosen : [random.pick(mailboxes)]).map(({ id }) => id),
    keywords: random.some(keywords, 30),
    isDeleted: random.chance(20),
    receivedAt: random.below(1_000),
  }
}

function flagsOp(random: RandomSource, mailbox: ModelMailbox): MailOp {
  return {
    op: 'updateFlags',
    mailboxId: mailbox.id,
    uids: someUids(random, mailbox),
    mode: random.pick(['add', 'remove', 'replace'] as const),
    keywords: random.some(keywords),
    isDeleted: random.chance(30),
  }
}

function updateOp(
  random: RandomSource,
  mailboxes: readonly ModelMailbox[],
  email: ModelEmail,
): MailOp {
  const emailId = idOf(email)
  const wanted = random.some(mailboxes, 30)
  const set = (wanted.length > 0 ? wanted : [random.pick(mailboxes)]).map(({ id }) => id)
  if (random.chance(15)) return { op: 'destroyEmail', emailId }
  if (random.chance(50)) return { op: 'updateEmail', emailId, mailboxIds: { set } }
  const patch = Object.fromEntries(random.some(keywords).map((name) => [name, random.chance(50)]))
  return { op: 'updateEmail', emailId, keywords: { patch } }
}

function rareOp(random: RandomSource, model: MailModel, step: number): MailOp {
  const extra = [...model.mailboxes.values()].filter(({ name }) => name.startsWith('box'))
  if (extra.length < 3 || random.chance(40))
    return { op: 'createMailbox', name: `box ${step}`, parentId: null }
  const mailboxId = random.pick(extra).id
  if (random.chance(50)) return { op: 'destroyMailbox', mailboxId, removeEmails: true }
  return { op: 'updateMailbox', mailboxId, name: `box renamed ${step}` }
}

/** Some that are there, and one that is not. */
function someUids(random: RandomSource, mailbox: ModelMailbox): Uid[] {
  const uids = [...mailbox.entries.keys(), mailbox.uidNext + 3]
  return random.some(uids, 30) as Uid[]
}

function idOf(email: ModelEmail): NonNullable<ModelEmail['id']> {
  if (email.id === null) throw new Error('an email that the store has not named yet')
  return email.id
}
