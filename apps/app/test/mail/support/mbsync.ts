import { deepEqual } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { password, type TestServer } from '../../support/test-server.ts'
import { runProgram } from './external-program.ts'

/** Makes a Maildir and the account of me@example.test the same, both ways. `account`: where and how to connect. @throws AssertionError for an error or a warning */
export async function runMbsync(
  server: TestServer,
  maildir: string,
  account: readonly string[],
): Promise<void> {
  const file = join(server.folder, 'mbsyncrc')
  const lines = [
    'IMAPAccount gatepost',
    'Host 127.0.0.1',
    'User me@example.test',
    `Pass "${password}"`,
    `CertificateFile ${server.running.certificate.certificateFile}`,
    ...account,
    '',
    'IMAPStore far',
    'Account gatepost',
    '',
    'MaildirStore near',
    `Path ${maildir}/`,
    `Inbox ${maildir}/INBOX`,
    'SubFolders Verbatim',
    '',
    'Channel all',
    'Far :far:',
    'Near :near:',
    'Patterns *',
    'Create Both',
    'Remove Both',
    'Expunge Both',
    'CopyArrivalDate yes',
    'SyncState *',
    '',
  ]
  writeFileSync(file, lines.join('\n'), { mode: 0o600 })
  const { code, stderr } = await runProgram('mbsync', ['--config', file, '--all'])
  const problems = stderr.split('\n').filter((line) => /error|warning/i.test(line))
  deepEqual({ code, problems }, { code: 0, problems: [] })
}
