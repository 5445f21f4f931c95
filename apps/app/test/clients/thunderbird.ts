import { deepEqual, equal, match } from 'node:assert/strict'

import { absentPrograms } from '../mail/support/external-program.ts'
import { connectImap, messagesIn } from '../mail/support/imap-connection.ts'
import { JmapClient } from '../mail/support/jmap-client.ts'
import { deliver } from '../mail/support/smtp-delivery.ts'
import { password, type TestServer } from '../support/test-server.ts'
import type { ClientSession } from './client-session.ts'
import { ThunderbirdProgram } from './thunderbird-program.ts'

/** The program itself: it tags, confirms, redirects and sends. Only a long form: the test runs do without its package. */
export const thunderbird: ClientSession = {
  client: 'thunderbird',
  lacks: async () => absentPrograms('thunderbird').join(', ') || null,
  run,
}

const asked = [
  'From: A <a@example.org>',
  'To: me@example.test',
  'Subject: please confirm',
  'Message-ID: <asked@example.org>',
  'Date: Mon, 5 Jan 2026 10:00:00 +0100',
  'Disposition-Notification-To: you@example.test',
  '',
  'read me',
  '',
].join('\r\n')

async function run(server: TestServer): Promise<void> {
  await deliver(server.port('mx'), asked)
  await using program = await ThunderbirdProgram.start(server)
  const jmap = await JmapClient.open(server.port('http'))
  const { id: inbox } = await jmap.mailbox('inbox')
  const inboxKeywords = async (): Promise<unknown> =>
    (await jmap.emails(inbox)).map((email) => email['keywords'])

  deepEqual(await program.run(readAndTag), ['please confirm'])
  deepEqual(await inboxKeywords(), [{ $label1: true }])
  const [email] = await jmap.emails(inbox)
  await jmap.set('Email/set', { update: { [email?.id ?? '']: { 'keywords/$label2': true } } })
  equal(await program.run(keywords), '$label1 $label2')

  const you = await JmapClient.open(server.port('http'), 'you@example.test')
  await using arrivals = await you.push('Email')
  await program.run(confirm)
  // It marks the message before the receipt is sent.
  await arrivals.next()
  await program.run(redirect)
  await program.run(compose)
  await program.run(keywords)
  const kept = { $label1: true, $label2: true, $mdnsent: true, $seen: true }
  deepEqual(await inboxKeywords(), [kept])

  await using theirs = await connectImap(server.port('imaps'), {
    auth: { user: 'you@example.test', pass: password },
  })
  const [receipt = '', redirected = '', composed = '', ...more] = await messagesIn(theirs, 'INBOX')
  equal(more.length, 0)
  match(receipt, /^Return-Path: <me@example\.test>\r\n/)
  match(receipt, /^Disposition: manual-action\/MDN-sent-manually; displayed\r$/m)
  match(redirected, /^From: Me <me@example\.test>\r\n(?:[^]*\r\n)?Reply-To: A <a@example\.org>\r$/m)
  match(redirected, /^Subject: please confirm\r$/m)
  match(redirected, /\r\n\r\n\r\nread me\r\n/)
  match(composed, /^Subject: =\?UTF-8\?B\?Z3LDvMOfZQ==\?=\r$/m)
  match(composed, /\r\n\r\nfrom the bird\r\n/)

  await using mine = await connectImap(server.port('imaps'))
  const copies = await messagesIn(mine, 'Sent')
  deepEqual(copies.map(messageId), [redirected, composed].map(messageId))
}

const messageId = (message: string): string | undefined => /^Message-ID: .*$/m.exec(message)?.[0]

const readAndTag = `
  await ended((listener) => inbox.updateFolderWithListener(null, listener))
  const messages = [...inbox.messages]
  inbox.addKeywordsToMessages(messages, '$label1')
  await ended((listener) => inbox.updateFolderWithListener(null, listener))
  return messages.map((message) => message.mime2DecodedSubject)
`

const keywords = `
  await ended((listener) => inbox.updateFolderWithListener(null, listener))
  const [message] = inbox.messages
  return message.getStringProperty('keywords').split(' ').sort().join(' ')
`

/** Opens the message and answers "Send Receipt" to what it asks then. */
const confirm = `
  const mail = Services.wm.getMostRecentWindow('mail:3pane')
  const pane = mail.document.getElementById('tabmail').currentAbout3Pane
  await until('the pane', () => pane.document.readyState === 'complete' && pane.displayFolder)
  pane.displayFolder(inbox)
  await until('the message list', () => pane.gDBView?.rowCount === 1)
  pane.threadTree.selectedIndex = 0
  const shown = pane.messageBrowser.contentWindow
  await until('the question', () =>
    shown.gMessageNotificationBar?.msgNotificationBar.getNotificationWithValue('mdnRequested'))
  shown.SendMDNResponse()
  const [message] = inbox.messages
  await until('the receipt', () => message.flags & Ci.nsMsgMessageFlags.MDNReportSent)
`

const editor = `
  const writer = await until('the editor', () => {
    const opened = Services.wm.getMostRecentWindow('msgcompose')
    return opened?.composeEditorReady && opened
  })
`

/** Its window closes when the message is sent and its copy is kept. */
const send = `
  await until('the permission to send', () =>
    writer.document.commandDispatcher.getControllerForCommand('cmd_sendNow')?.isCommandEnabled('cmd_sendNow'))
  writer.goDoCommand('cmd_sendNow')
  await until('the end of the window', () => writer.closed)
`

const redirect = `
  const mail = Services.wm.getMostRecentWindow('mail:3pane')
  const pane = mail.document.getElementById('tabmail').currentAbout3Pane
  pane.commandController.doCommand('cmd_redirect')
  ${editor}
  writer.addressRowAddRecipientsArray(writer.document.getElementById('addressRowTo'), ['you@example.test'])
  ${send}
`

const compose = `
  const fields = Cc['@mozilla.org/messengercompose/composefields;1'].createInstance(Ci.nsIMsgCompFields)
  fields.to = 'you@example.test'
  fields.subject = 'gr\u00fc\u00dfe'
  fields.body = 'from the bird\\n'
  const parameters = Cc['@mozilla.org/messengercompose/composeparams;1'].createInstance(Ci.nsIMsgComposeParams)
  parameters.composeFields = fields
  parameters.type = Ci.nsIMsgCompType.New
  parameters.format = Ci.nsIMsgCompFormat.PlainText
  MailServices.compose.OpenComposeWindowWithParams(null, parameters)
  ${editor}
  ${send}
`
