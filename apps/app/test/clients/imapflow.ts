import { deepEqual, equal } from 'node:assert/strict'
import { once } from 'node:events'

import { connectImap } from '../mail/support/imap-connection.ts'
import { deliver } from '../mail/support/smtp-delivery.ts'
import { submit } from '../mail/support/submission.ts'
import type { TestServer } from '../support/test-server.ts'
import { type ClientSession, needsNothing } from './client-session.ts'

/** Is told of new mail, labels, files and answers it, and gives it away; with nodemailer to send. */
export const imapflow: ClientSession = { client: 'ImapFlow', lacks: needsNothing, run }

async function run(server: TestServer): Promise<void> {
  await using flow = await connectImap(server.port('imaps'))
  await flow.mailboxOpen('INBOX')
  const come = once(flow, 'exists')
  void flow.idle()
  const text =
    'From: a@example.org\r\nMessage-ID: <q@example.org>\r\nSubject: asked\r\n\r\nwhat?\r\n'
  await deliver(server.port('mx'), text)
  await come
  const found = await flow.search({ header: { 'message-id': '<q@example.org>' } })
  deepEqual(found, [1])

  await submit(
    { port: server.port('submissions') },
    { to: 'you@example.test', subject: 'Re: asked', inReplyTo: '<q@example.org>', text: 'that' },
  )
  await flow.messageFlagsAdd('1', ['\\Answered', '$Label1'])
  await flow.mailboxCreate('Projects/One')
  const moved = await flow.messageMove('1', 'Projects/One')
  equal(moved === false ? 0 : moved.uidMap?.size, 1)
  await flow.mailboxOpen('Projects/One')
  const one = await flow.fetchOne('1', { flags: true, threadId: true })
  deepEqual([...((one || {}).flags ?? [])].toSorted(), ['$Label1', '\\Answered'])
  await flow.messageDelete('1')
  equal(((await flow.status('Projects/One', { messages: true })) || {}).messages, 0)
  await flow.mailboxClose()
  await flow.mailboxDelete('Projects/One')
}
