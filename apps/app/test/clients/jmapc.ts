import { deepEqual, equal } from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { absentPrograms, runProgram } from '../mail/support/external-program.ts'
import { connectImap, messagesIn } from '../mail/support/imap-connection.ts'
import { deliver } from '../mail/support/smtp-delivery.ts'
import { password, type TestServer } from '../support/test-server.ts'
import type { ClientSession } from './client-session.ts'

/** Sorts, reads, labels, uploads, writes and sends; what it does is in jmapc-session.py. */
export const jmapc: ClientSession = { client: 'jmapc', lacks, run }

/** Where .ci/run installs it, else the system's. */
function python(): string {
  const own = join(import.meta.dirname, '../../../../.cache/python/bin/python3')
  return existsSync(own) ? own : 'python3'
}

async function lacks(): Promise<string | null> {
  if (python() === 'python3' && absentPrograms('python3').length > 0) return 'python3'
  const { code } = await runProgram(python(), ['-c', 'import jmapc'])
  return code === 0 ? null : 'jmapc (PyPI)'
}

async function run(server: TestServer): Promise<void> {
  for (const subject of ['first', 'second'])
    await deliver(server.port('mx'), `From: a@example.org\r\nSubject: ${subject}\r\n\r\nx\r\n`)
  const { code, stdout, stderr } = await runProgram(
    python(),
    [join(import.meta.dirname, 'jmapc-session.py'), `127.0.0.1:${server.port('https')}`],
    {
      REQUESTS_CA_BUNDLE: server.running.certificate.certificateFile,
      GATEPOST_PASSWORD: password,
      NO_PROXY: '*',
    },
  )
  equal(code, 0, stderr)
  deepEqual(JSON.parse(stdout), { subjects: ['second', 'first'], sent: 1, event: 'state' })
  await using flow = await connectImap(server.port('imaps'))
  await flow.mailboxOpen('INBOX')
  const one = await flow.fetchOne('2', { flags: true })
  deepEqual([...((one || {}).flags ?? [])], ['\\Seen'])
  await using you = await connectImap(server.port('imaps'), {
    auth: { user: 'you@example.test', pass: password },
  })
  const [sent = ''] = await messagesIn(you, 'INBOX')
  equal(sent.includes('Subject: sent by jmapc\r\n'), true, sent)
}
