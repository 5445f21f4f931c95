/* oxlint-disable vitest/no-standalone-expect -- called by tests */
import type { Mailbox, MailReader, Membership } from '@gatepost/core'
import { expect } from 'vitest'

import type { MailModel, ModelMailbox } from './mail-model.ts'

/** Compares everything that can be read with the model, and every counter with a recount. */
export function checkModel(reader: MailReader, model: MailModel): void {
  const mailboxes = reader.mailboxes.list()
  expect(new Set(mailboxes.map(({ id }) => id))).toEqual(new Set(model.mailboxes.keys()))
  for (const mailbox of mailboxes) checkMailbox(reader, mailbox, model.mailbox(mailbox.id))
  checkEmails(reader, model)
}

function checkMailbox(reader: MailReader, mailbox: Mailbox, model: ModelMailbox): void {
  const page = reader.memberships.page(mailbox.id, 0, 1_000)
  expect(reader.memberships.uids(mailbox.id)).toEqual(page.map(({ uid }) => uid))
  const entries = [...model.entries].toSorted(([one], [other]) => one - other)
  expect(page.map(({ uid }) => uid)).toEqual(entries.map(([uid]) => uid))
  for (const [at, [, { email, isDeleted }]] of entries.entries()) {
    const membership = page[at]
    if (membership === undefined) throw new Error('compared above')
    email.id ??= membership.emailId
    expect(membership).toMatchObject({
      emailId: email.id,
      isDeleted,
      keywords: [...email.keywords].toSorted(),
      size: email.size,
      receivedAt: email.receivedAt,
    })
    expect(membership.modSeq).toBeLessThanOrEqual(mailbox.highestModSeq)
  }
  checkCounts(mailbox, model, page)
  expect(mailbox.highestModSeq).toBeLessThanOrEqual(reader.state)
  expect(mailbox.modSeq).toBeLessThanOrEqual(reader.state)
}

function checkCounts(mailbox: Mailbox, model: ModelMailbox, page: readonly Membership[]): void {
  const unread = page.filter(({ keywords }) => !keywords.includes('$seen'))
  expect(mailbox).toMatchObject({
    name: model.name,
    uidNext: model.uidNext,
    totalEmails: page.length,
    unreadEmails: unread.length,
    totalThreads: new Set(page.map(({ threadId }) => threadId)).size,
    unreadThreads: new Set(unread.map(({ threadId }) => threadId)).size,
    deletedEmails: page.filter(({ isDeleted }) => isDeleted).length,
    totalBytes: page.reduce((sum, { size }) => sum + size, 0),
  })
}

function checkEmails(reader: MailReader, model: MailModel): void {
  for (const email of model.emails()) {
    if (email.id === null) throw new Error('named above')
    const [found] = reader.emails.get([email.id])
    const inside = [...model.mailboxes.values()].filter(({ entries }) =>
      [...entries.values()].some((entry) => entry.email === email),
    )
    expect(new Set(found?.mailboxIds)).toEqual(new Set(inside.map(({ id }) => id)))
    expect(found?.modSeq).toBeLessThanOrEqual(reader.state)
    if (found === undefined) continue
    expect(reader.emails.thread(found.threadId)).toContain(email.id)
    expect(reader.blobs.size(found.blobId)).toBe(email.size)
    expect(reader.emails.index(email.id)?.version).toBe(2)
  }
}
