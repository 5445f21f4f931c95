import type { ImapFlow } from 'imapflow'
import { expect, it } from 'vitest'

import { TestServer } from '../support/test-server.ts'
import { connectImap } from './support/imap-connection.ts'
import { JmapClient } from './support/jmap-client.ts'
import { deliver } from './support/smtp-delivery.ts'
import { submit } from './support/submission.ts'

const clients = 20
const mailsOfEach = 5
const counts = { messages: true, unseen: true, uidNext: true } as const

/** Finds the mail that was just acknowledged, reads it, marks it and files it away, while everybody else does the same. */
async function file(flow: ImapFlow, subject: string): Promise<void> {
  // SEARCH looks through what the session has been told of.
  await flow.noop()
  const found = await flow.search({ subject }, { uid: true })
  expect(found).toHaveLength(1)
  const uid = `${(found as number[])[0]}`
  const message = await flow.fetchOne(uid, { envelope: true, source: true }, { uid: true })
  expect(message).toMatchObject({ envelope: { subject } })
  await flow.messageFlagsAdd(uid, ['\\Seen'], { uid: true })
  const moved = await flow.messageMove(uid, 'Archive', { uid: true })
  expect(moved).toMatchObject({ uidMap: new Map([[Number(uid), expect.any(Number) as number]]) })
}

it('twenty clients that send, read and file at once lose nothing and see nothing twice', async () => {
  await using server = await TestServer.start()
  const subjects: string[] = []
  const run = async (client: number): Promise<void> => {
    await using flow = await connectImap(server.port('imaps'))
    await flow.mailboxOpen('INBOX')
    for (let number = 1; number <= mailsOfEach; number += 1) {
      const subject = `mail ${number} of client ${client} end`
      const text = `${subject} `.repeat(100)
      if (client % 2 === 0)
        await deliver(server.port('mx'), `Subject: ${subject}\r\n\r\n${text}\r\n`)
      else
        await submit({ port: server.port('submissions') }, { to: 'me@example.test', subject, text })
      subjects.push(subject)
      if (number > 1) await file(flow, subject)
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, client) => run(client)))

  await using flow = await connectImap(server.port('imaps'))
  const jmap = await JmapClient.open(server.port('http'))
  const [inbox, archive] = [await jmap.mailbox('inbox'), await jmap.mailbox('archive')]
  const filed = clients * (mailsOfEach - 1)
  expect(await flow.status('INBOX', counts)).toMatchObject({
    messages: clients,
    unseen: clients,
    uidNext: subjects.length + 1,
  })
  expect(inbox).toMatchObject({ totalEmails: clients, unreadEmails: clients })
  expect(await flow.status('Archive', counts)).toMatchObject({
    messages: filed,
    unseen: 0,
    uidNext: filed + 1,
  })
  expect(archive).toMatchObject({ totalEmails: filed, unreadEmails: 0 })
  const emails = [...(await jmap.emails(inbox.id)), ...(await jmap.emails(archive.id))]
  expect(emails.map(({ subject }) => String(subject)).toSorted()).toEqual(subjects.toSorted())
  expect(new Set(emails.map(({ id }) => id)).size).toBe(subjects.length)
})
