import { deepEqual, equal, match } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { absentPrograms, runProgram } from '../mail/support/external-program.ts'
import { connectImap, messagesIn } from '../mail/support/imap-connection.ts'
import { deliver } from '../mail/support/smtp-delivery.ts'
import { password, type TestServer } from '../support/test-server.ts'
import type { ClientSession } from './client-session.ts'

/** Sends, bounces (Resent-*), flags, and saves to another mailbox. */
export const mutt: ClientSession = {
  client: 'mutt',
  lacks: async () => absentPrograms('mutt', 'script').join(', ') || null,
  run,
}

const bounced =
  'From: a@example.org\r\nTo: me@example.test\r\nSubject: to be bounced\r\n\r\nagain\r\n'

async function run(server: TestServer): Promise<void> {
  const settings = writeSettings(server)
  const environment = { TERM: 'xterm', HOME: server.folder, LC_ALL: 'C.UTF-8' }
  await deliver(server.port('mx'), bounced)

  const send = `echo from here | mutt -F "$0" -s 'sent by m\u00fctt' -- you@example.test`
  const sent = await runProgram('sh', ['-c', send, settings], environment)
  equal(sent.code, 0, sent.stderr)
  const keys = [
    '<bounce-message>you@example.test<enter>',
    '<flag-message>',
    '<save-message>=Archive<enter>',
    '<quit>',
  ]
  // It wants a terminal.
  const command = `mutt -F ${settings} -e 'push "${keys.join('')}"'`
  const moved = await runProgram('script', ['-qec', command, '/dev/null'], environment)
  equal(moved.code, 0, moved.stdout)

  await using you = await connectImap(server.port('imaps'), {
    auth: { user: 'you@example.test', pass: password },
  })
  const [first = '', second = '', ...more] = await messagesIn(you, 'INBOX')
  equal(more.length, 0)
  match(first, /^From: Me <me@example\.test>\r\n[^]*\r\n\r\nfrom here\r\n$/m)
  match(
    second,
    /^Resent-From: Me <me@example\.test>\r\n(?:Resent-[^]*\r\n)*Resent-To: you@example\.test\r\n/m,
  )
  equal(second.endsWith(bounced), true, second)
  equal(
    ((await you.fetchOne('1', { envelope: true }, { uid: true })) || {}).envelope?.subject,
    'sent by m\u00fctt',
  )

  await using me = await connectImap(server.port('imaps'))
  const [kept] = await messagesIn(me, 'Archive')
  equal(kept?.endsWith(bounced), true)
  const lock = await me.getMailboxLock('Archive')
  const saved = await me.fetchOne('1', { flags: true })
  lock.release()
  deepEqual([...((saved || {}).flags ?? [])].includes('\\Flagged'), true)
  equal((await messagesIn(me, 'INBOX')).length, 0)
  equal((await messagesIn(me, 'Sent')).length, 1)
}

function writeSettings(server: TestServer): string {
  const file = join(server.folder, 'muttrc')
  const settings = {
    folder: `imaps://127.0.0.1:${server.port('imaps')}/`,
    imap_user: 'me@example.test',
    imap_pass: password,
    imap_authenticators: 'plain:login',
    spoolfile: '+INBOX',
    record: '+Sent',
    smtp_url: `smtps://me@example.test@127.0.0.1:${server.port('submissions')}/`,
    smtp_pass: password,
    smtp_authenticators: 'plain:login',
    from: 'me@example.test',
    realname: 'Me',
    use_envelope_from: 'yes',
    certificate_file: server.running.certificate.certificateFile,
    ssl_verify_host: 'no',
    // It asks nothing.
    bounce: 'yes',
    confirmappend: 'no',
    delete: 'yes',
    wait_key: 'no',
  }
  const lines = Object.entries(settings).map(([name, value]) => `set ${name}="${value}"\n`)
  writeFileSync(file, lines.join(''), { mode: 0o600 })
  return file
}
