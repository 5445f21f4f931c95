/** The two sets of lines, and the parsers of the one that is not ours. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import {
  SecurityEventLog,
  type SecurityContext,
} from '../../packages/security-crowdsec/src/index.ts'

// Documentation addresses (RFC 3849): many clients, none of them a brute force.
const clients = 1000

function clientOf(count: number): string {
  return `2001:db8::${(count % clients).toString(16)}`
}

/** What a busy server writes: logins that fail and succeed, recipients that are not here, sessions that end in nonsense. Every line is one to judge. */
export function gatepostLines(count: number): string {
  const lines: string[] = []
  let now = Date.now()
  // More lines of one client than the server would write: nothing is left out here.
  const unlimited = { burst: Number.MAX_SAFE_INTEGER, perSecond: 0 }
  const log = new SecurityEventLog(
    { write: (line) => lines.push(line) },
    { now: () => now, monotonic: () => 0 },
    unlimited,
  )
  for (let at = 0; at < count; at += 1) {
    now += 1
    writeEvent(log, at)
  }
  return lines.join('')
}

function writeEvent(log: SecurityEventLog, at: number): void {
  const user = `user${at % clients}@example.test`
  const context: SecurityContext = {
    protocol: at % 2 === 0 ? 'imap' : 'smtp',
    listener: at % 2 === 0 ? 'imaps' : 'submissions',
    ip: clientOf(at),
    port: 40_000 + (at % 20_000),
    session: `c${at.toString(36)}`,
    isTls: true,
  }
  switch (at % 5) {
    case 0:
    case 1:
      log.authFailed(context, {
        user,
        mechanism: 'PLAIN',
        reason: 'bad_password',
        fingerprint: (at % clients).toString(16).padStart(8, '0'),
      })
      break
    case 2:
      log.authSucceeded(context, { user, mechanism: 'PLAIN' })
      break
    case 3:
      log.unknownRecipient(context, {
        sender: 'news@example.org',
        recipient: `gone${at % clients}@example.test`,
      })
      break
    default:
      log.protocolAbuse(context, { kind: 'tls_handshake_failed', detail: 'no shared cipher' })
  }
}

/** Failed logins as a logger of the Java world writes them: the facts are in the English of the message, the rest is context. */
export function jamesLines(count: number): string {
  const lines: string[] = []
  for (let at = 0; at < count; at += 1)
    lines.push(
      `${JSON.stringify({
        timestamp: new Date(Date.now() + at).toISOString(),
        level: 'INFO',
        thread: `imapserver-worker-${at % 16}`,
        logger: 'org.example.mail.imap.processor.AbstractAuthenticationProcessor',
        formattedMessage: `Authentication of user user${at % clients}@example.test failed from ${clientOf(at)} over IMAP`,
        protocol: 'IMAP',
        ip: clientOf(at),
        host: 'client.example',
        username: `user${at % clients}@example.test`,
        sessionId: `SID-${at.toString(16).padStart(12, '0')}`,
        action: 'AUTHENTICATE',
        selectedMailbox: 'INBOX',
        charset: 'US-ASCII',
        context: 'default',
        sequenceNumber: String(at),
      })}\n`,
    )
  return lines.join('')
}

const jamesFields = [
  'timestamp',
  'level',
  'thread',
  'logger',
  'formattedMessage',
  'protocol',
  'ip',
  'host',
  'username',
  'sessionId',
  'action',
  'selectedMailbox',
  'charset',
]
const jamesMessages = [
  'User %{DATA:user} tried too often from %{NOTSPACE:source_ip}',
  'Unknown recipient %{DATA:user} from %{NOTSPACE:source_ip}',
  'Delegation of %{DATA:other} to %{DATA:user} refused for %{NOTSPACE:source_ip}',
  'Authentication for %{DATA:user} has no password, %{NOTSPACE:source_ip}',
  'Login of %{DATA:user} not allowed from %{NOTSPACE:source_ip}',
  'Authentication of user %{DATA:user} failed from %{NOTSPACE:source_ip} over %{WORD:service}',
]

/** A hub folder (JSON is YAML) with a parser of that shape and two scenarios: 13 extractions, up to 6 groks. */
export function writeJamesShape(folder: string, profiles: string): void {
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  write(
    'parsers/s01-parse/bench/java-logs.yaml',
    JSON.stringify({
      name: 'bench/java-logs',
      description: 'Facts in the English of a message',
      filter: "evt.Parsed.program == 'gatepost'",
      onsuccess: 'next_stage',
      statics: jamesFields.map((field) => ({
        ...(field === 'timestamp' ? { target: 'evt.StrTime' } : { parsed: field }),
        expression: `JsonExtract(evt.Parsed.message, '${field}')`,
      })),
      nodes: [
        {
          nodes: jamesMessages.map((pattern) => ({
            grok: { expression: `JsonExtract(evt.Parsed.message, 'formattedMessage')`, pattern },
            statics: [
              { meta: 'log_type', value: 'auth_failed' },
              { meta: 'source_ip', expression: 'evt.Parsed.source_ip' },
              { meta: 'user', expression: 'evt.Parsed.user' },
            ],
          })),
        },
      ],
    }),
  )
  for (const [name, distinct] of [
    ['bf', 'evt.Meta.user + evt.Parsed.sessionId'],
    ['enumeration', 'evt.Meta.user'],
  ])
    write(
      `scenarios/bench/${name}.yaml`,
      JSON.stringify({
        type: 'leaky',
        name: `bench/${name}`,
        description: 'A bucket per client',
        filter: "evt.Meta.log_type == 'auth_failed'",
        groupby: 'evt.Meta.source_ip',
        distinct,
        capacity: 30,
        leakspeed: '10s',
        labels: { remediation: 'true' },
      }),
    )
  write('profiles/gatepost.yaml', profiles)
}
