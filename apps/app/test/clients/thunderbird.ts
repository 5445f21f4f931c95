import { deepEqual, equal, match } from 'node:assert/strict'

import { ImapClient, LineClient } from '@gatepost/testkit'

import { connectImap, messagesIn } from '../mail/support/imap-connection.ts'
import { JmapClient } from '../mail/support/jmap-client.ts'
import { deliver } from '../mail/support/smtp-delivery.ts'
import { password, type TestServer } from '../support/test-server.ts'
import { type ClientSession, needsNothing } from './client-session.ts'

/** What Thunderbird says to servers when it tags, redirects and confirms a mail: its commands, not the program. */
export const thunderbird: ClientSession = {
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
  const source = await tag(server)
  equal(source.endsWith(asked), true)
  const jmap = await JmapClient.open(server.port('http'))
  const { id } = await jmap.mailbox('inbox')
  const [email] = await jmap.emails(id)
  deepEqual(email?.['keywords'], { $label1: true, $seen: true, $mdnsent: true })

  await redirect(server, source)
  await confirm(server)
  await using you = await connectImap(server.port('imaps'), {
    auth: { user: 'you@example.test', pass: password },
  })
  const [redirected = '', receipt = '', ...more] = await messagesIn(you, 'INBOX')
  equal(more.length, 0)
  match(redirected, /^Resent-From: Me <me@example\.test>\r\nResent-To: you@example\.test\r\n/m)
  equal(redirected.endsWith(asked), true, redirected)
  match(receipt, /^Return-Path: <>\r\n/)
  match(receipt, /report-type=disposition-notification/)
}

/** Looks at the inbox as it does, and tags and marks the message; answers its source. */
async function tag(server: TestServer): Promise<string> {
  using client = new ImapClient({ port: server.port('imaps'), isImplicitTls: true })
  await client.response()
  await client.ok('capability')
  const login = Buffer.from(`\0me@example.test\0${password}`).toString('base64')
  await client.ok('authenticate PLAIN', login)
  await client.ok('ID ("name" "Thunderbird" "version" "140.0")')
  await client.ok('namespace')
  await client.ok('lsub "" "*"')
  await client.ok('list "" "INBOX"')
  await client.ok('list "" "*"')
  await client.ok('select "INBOX"')
  await client.ok('UID fetch 1:* (FLAGS)')
  const headers =
    'From To Cc Bcc Resent-Message-ID Subject Date Message-ID Priority X-Priority References Newsgroups In-Reply-To Content-Type Reply-To'
  const { untagged } = await client.ok(
    `UID fetch 1 (UID RFC822.SIZE FLAGS BODY.PEEK[HEADER.FIELDS (${headers})])`,
  )
  match(untagged.join('\n'), /Subject: please confirm/)
  const fetched = await client.ok('UID fetch 1 (UID RFC822.SIZE BODY.PEEK[])')
  await client.ok('uid store 1 +Flags (\\Seen)')
  const tagged = await client.ok('uid store 1 +FLAGS ($label1)')
  match(tagged.untagged.join('\n'), /^\* FLAGS \([^)]*\$label1[^)]*\)$/m)
  await client.ok('uid store 1 +FLAGS ($MDNSent)')
  const kept = await client.ok('UID fetch 1 (FLAGS)')
  match(kept.untagged.join('\n'), /\$label1 \$MDNSent|\$MDNSent \$label1/)
  await client.ok('IDLE', 'DONE')
  await client.ok('close')
  await client.ok('logout')
  const literal = /BODY\[\] \{\d+\}\r\n([^]*)\)$/.exec(fetched.untagged[0] ?? '')?.[1]
  return literal ?? ''
}

/** "Redirect": the message as it is, with Resent-* before it. */
function redirect(server: TestServer, source: string): Promise<void> {
  const resent = [
    'Resent-From: Me <me@example.test>',
    'Resent-To: you@example.test',
    'Resent-Date: Mon, 5 Jan 2026 10:00:00 +0100',
    'Resent-Message-ID: <redirected@example.test>',
    'Resent-User-Agent: Mozilla Thunderbird',
  ]
  const content = `${resent.join('\r\n')}\r\n${source}`
  return send(server, 'me@example.test', content)
}

/** RFC 8098 section 3: a receipt has no reverse path. */
function confirm(server: TestServer): Promise<void> {
  const content = [
    'From: Me <me@example.test>',
    'To: you@example.test',
    'Subject: Return Receipt (displayed) - please confirm',
    'Message-ID: <receipt@example.test>',
    'Date: Mon, 5 Jan 2026 10:00:00 +0100',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=disposition-notification; boundary="m"',
    '',
    '--m',
    'Content-Type: text/plain; charset=UTF-8',
    '',
    'This is a Return Receipt.',
    '--m',
    'Content-Type: message/disposition-notification; name="MDNPart2.txt"',
    'Content-Disposition: inline',
    '',
    'Reporting-UA: Mozilla Thunderbird',
    'Final-Recipient: rfc822;me@example.test',
    'Original-Message-ID: <asked@example.org>',
    'Disposition: manual-action/MDN-sent-manually; displayed',
    '--m--',
    '',
  ].join('\r\n')
  return send(server, '', content)
}

async function send(server: TestServer, from: string, content: string): Promise<void> {
  using client = new LineClient({ port: server.port('submissions'), isImplicitTls: true })
  await client.reply()
  const login = Buffer.from(`\0me@example.test\0${password}`).toString('base64')
  const commands = [
    'EHLO [127.0.0.1]',
    `AUTH PLAIN ${login}`,
    `MAIL FROM:<${from}> BODY=8BITMIME SIZE=${content.length}`,
    'RCPT TO:<you@example.test>',
    'DATA',
  ]
  for (const command of commands) match(await client.ask(command), /^[23]/m)
  client.send(content.replaceAll(/^\./gm, '..'))
  match(await client.ask('.'), /^250/)
  await client.ask('QUIT')
}
