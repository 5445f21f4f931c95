/* oxlint-disable vitest/no-standalone-expect -- called by tests */
import type { EmailId, Mailbox, MailReader, Membership } from '@gatepost/core'
import { expect } from 'vitest'

import { type By, keywordsFor, type MailModel, type ModelMailbox } from './mail-model.ts'
import { uidsOfMailbox } from './store-fixture.ts'

/** Compares everything that can be read with the model, and every counter with a recount. */
export async function checkModel(reader: MailReader, model: MailModel, by?: By): Promise<void> {
  const mailboxes = await reader.mailboxes.list()
  expect(new Set(mailboxes.map(({ id }) => id))).toEqual(new Set(model.mailboxes.keys()))
  for (const mailbox of mailboxes)
    await checkMailbox(reader, mailbox, { model: model.mailbox(mailbox.id), by })
  await checkEmails(reader, { model, by })
}

async function checkMailbox(
  reader: MailReader,
  mailbox: Mailbox,
  { model, by }: { readonly model: ModelMailbox; readonly by: By },
): Promise<void> {
  const page = await reader.memberships.page(mailbox.id, 0, 1_000)
  expect(await uidsOfMailbox(reader, mailbox.id)).toEqual(page.map(({ uid }) => uid))
  const entries = [...model.entries].toSorted(([one], [other]) => one - other)
  expect(page.map(({ uid }) => uid)).toEqual(entries.map(([uid]) => uid))
  for (const [at, [, { email, isDeleted }]] of entries.entries()) {
    const membership = page[at]
    if (membership === undefined) throw new Error('compared above')
    email.id ??= membership.emailId
    expect(membership).toMatchObject({
      emailId: email.id,
      isDeleted,
      keywords: [...keywordsFor(email, by)].toSorted(),
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

async function checkEmails(
  reader: MailReader,
  { model, by }: { readonly model: MailModel; readonly by: By },
): Promise<void> {
  const ids = [...model.emails()].map(({ id }) => {
    if (id === null) throw new Error('named above')
    return id
  })
  const emails = await reader.emails.get(ids)
  const found = new Map(emails.map((email) => [email.id, email]))
  const [threads, sizes, indexes] = await Promise.all([
    reader.emails.threads([...new Set(emails.map(({ threadId }) => threadId))]),
    reader.blobs.sizes(emails.map(({ blobId }) => blobId)),
    reader.emails.indexes(ids),
  ])
  expect(indexes.rest).toEqual([])
  for (const email of model.emails()) {
    const stored = found.get(email.id ?? ('' as EmailId))
    const inside = [...model.mailboxes.values()].filter(({ entries }) =>
      [...entries.values()].some((entry) => entry.email === email),
    )
    expect(new Set(stored?.mailboxIds)).toEqual(new Set(inside.map(({ id }) => id)))
    if (stored === undefined) continue
    expect(stored.keywords).toEqual([...keywordsFor(email, by)].toSorted())
    expect(stored.modSeq).toBeLessThanOrEqual(reader.state)
    expect(threads.get(stored.threadId)).toContain(email.id)
    expect(sizes.get(stored.blobId)).toBe(email.size)
    expect(indexes.found.get(stored.id)?.version).toBe(3)
  }
}
