import { deepEqual, equal, match } from 'node:assert/strict'

import { ImapClient, LineClient } from '@gatepost/testkit'

import { connectImap, messagesIn } from '../mail/support/imap-connection.ts'
import { JmapClient } from '../mail/support/jmap-client.ts'
import { deliver } from '../mail/support/smtp-delivery.ts'
import { password, type TestServer } from '../support/test-server.ts'
import { type ClientSession, needsNothing } from './client-session.ts'

/** What Thunderbird 153 says to servers when it tags, confirms and redirects a mail, for machines that do not have the program. */
export const thunderbirdCommands: ClientSession = {
  client: "Thunderbird's commands",
  lacks: needsNothing,
  run,
}

const asked = [
  'From: a@example.org',
  'To: me@example.test',
  'Subject: please confirm',
  'Message-ID: <asked@example.org>',
  'Disposition-Notification-To: you@example.test',
  '',
  'read me',
  '',
].join('\r\n')

async function run(server: TestServer): Promise<void> {
  await deliver(server.port('mx'), asked)
  await readAndTag(server)
  const jmap = await JmapClient.open(server.port('http'))
  const { id } = await jmap.mailbox('inbox')
  const [email] = await jmap.emails(id)
  deepEqual(email?.['keywords'], { $label1: true, $seen: true, $mdnsent: true })

  await send(server, [receipt, redirected])
  await using you = await connectImap(server.port('imaps'), {
    auth: { user: 'you@example.test', pass: password },
  })
  const [first = '', second = '', ...more] = await messagesIn(you, 'INBOX')
  equal(more.length, 0)
  equal(first.startsWith('Return-Path: <me@example.test>\r\n'), true, first)
  equal(first.endsWith(receipt), true, first)
  equal(second.endsWith(redirected), true, second)
  await using me = await connectImap(server.port('imaps'))
  deepEqual(await messagesIn(me, 'Sent'), [redirected])
}

/** Opens the inbox beside a connection that lists the mailboxes and, at the end, keeps a copy of what was sent. */
async function readAndTag(server: TestServer): Promise<void> {
  using folders = await logIn(server)
  await folders.ok('namespace')
  await folders.ok(identification)
  for (const command of ['list "" "*"', 'lsub "" "*"', 'list "" "INBOX"'])
    match((await folders.ok(command)).untagged.join('\n'), /"INBOX"$/m)

  using inbox = await logIn(server)
  await inbox.ok(identification)
  await inbox.ok('select "INBOX"')
  await inbox.ok('UID fetch 1:* (FLAGS)')
  const fields =
    'From To Cc Bcc Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To Received'
  const header = `(UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (${fields})])`
  const { untagged } = await inbox.ok(`UID fetch 1 ${header}`)
  match(untagged.join('\n'), /Subject: please confirm/)
  const fetched = await inbox.ok('UID fetch 1 (UID RFC822.SIZE BODY.PEEK[])')
  equal(fetched.untagged[0]?.endsWith(`${asked})`), true)
  const preview =
    'BODY.PEEK[HEADER.FIELDS (Content-Type Content-Transfer-Encoding)] BODY.PEEK[TEXT]<0.2048>'
  const start = await inbox.ok(`UID fetch 1 (UID ${preview})`)
  match(start.untagged.join('\n'), /BODY\[TEXT\]<0> \{9\}\r\nread me\r\n/)
  const tagged = await inbox.ok('uid store 1 +FLAGS ($label1)')
  match(tagged.untagged.join('\n'), /^\* FLAGS \([^)]*\$label1[^)]*\)$/m)
  await inbox.ok('noop')
  await inbox.ok('UID fetch 2:* (FLAGS)')
  await inbox.ok('uid store 1 +Flags (\\Seen)')
  await inbox.ok('uid store 1 +Flags ($MDNSent)')
  const kept = await inbox.ok('UID fetch 1 (FLAGS)')
  match(kept.untagged.join('\n'), /\$label1 \$MDNSent|\$MDNSent \$label1/)
  await folders.ok(`append "Sent" (\\Seen) {${redirected.length}+}\r\n${redirected}`)
}

const identification = 'ID ("name" "Thunderbird" "version" "153.8.0")'

async function logIn(server: TestServer): Promise<ImapClient> {
  const client = new ImapClient({ port: server.port('imaps'), isImplicitTls: true })
  await client.response()
  await client.ok('authenticate PLAIN', credentials)
  return client
}

const credentials = Buffer.from(`\0me@example.test\0${password}`).toString('base64')

/** "Redirect" writes a new message whose Reply-To is the first author; it has no Resent-* fields. */
const redirected = [
  'Message-ID: <redirected@example.test>',
  'Date: Mon, 5 Jan 2026 10:00:00 +0100',
  'MIME-Version: 1.0',
  'User-Agent: Mozilla Thunderbird',
  'From: Me <me@example.test>',
  'Subject: please confirm',
  'Reply-To: a@example.org',
  'References: <asked@example.org>',
  'To: you@example.test',
  'In-Reply-To: <asked@example.org>',
  'Content-Type: text/plain; charset=UTF-8; format=flowed',
  'Content-Transfer-Encoding: 7bit',
  '',
  '',
  'read me',
  '',
].join('\r\n')

const receipt = [
  'Date: Mon, 5 Jan 2026 10:00:00 +0100',
  'From: Me <me@example.test>',
  'Message-ID: <receipt@example.test>',
  'Subject: Return Receipt (displayed) -please confirm',
  'To: you@example.test',
  'References: <asked@example.org>',
  'MIME-Version: 1.0',
  'Content-Type: multipart/report; report-type=disposition-notification;',
  '\tboundary="------------mdn1"',
  '',
  '--------------mdn1',
  'Content-Type: text/plain; charset=UTF-8',
  'Content-Transfer-Encoding: 8bit',
  '',
  'This is a Return Receipt.',
  '',
  '--------------mdn1',
  'Content-Type: message/disposition-notification; name="MDNPart2.txt"',
  'Content-Disposition: inline',
  'Content-Transfer-Encoding: 7bit',
  '',
  'Reporting-UA: Mozilla Thunderbird',
  'Final-Recipient: rfc822;me@example.test',
  'Original-Message-ID: <asked@example.org>',
  'Disposition: manual-action/MDN-sent-manually; displayed',
  '',
  '--------------mdn1--',
  '',
].join('\r\n')

/** Over one connection; a receipt has the account's address as its reverse path, not the null one of RFC 8098 section 3. */
async function send(server: TestServer, messages: readonly string[]): Promise<void> {
  using client = new LineClient({ port: server.port('submissions'), isImplicitTls: true })
  await client.reply()
  match(await client.ask('EHLO [127.0.0.1]'), /^250/m)
  match(await client.ask(`AUTH PLAIN ${credentials}`), /^235/)
  for (const message of messages) {
    const reversePath = `MAIL FROM:<me@example.test> BODY=8BITMIME SIZE=${message.length}`
    for (const command of [reversePath, 'RCPT TO:<you@example.test>', 'DATA'])
      match(await client.ask(command), /^[23]/)
    client.send(message.replaceAll(/^\./gm, '..'))
    match(await client.ask('.'), /^250/)
  }
}
