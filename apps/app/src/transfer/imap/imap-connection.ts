import { rootCertificates } from 'node:tls'

import type { ImapFlow } from 'imapflow'

import { maxMessageBytes } from '../mail-item.ts'
import { TransferRefusal } from '../transfer-refusal.ts'
import { type AnswerLimit, AnswerWatch } from './answer-watch.ts'

/** A mailbox of somebody on another server. */
export interface ImapServer {
  readonly host: string
  readonly port: number
  /** `plain`: nothing is encrypted, the password neither. */
  readonly security: 'tls' | 'starttls' | 'plain'
  readonly user: string
  readonly password: string
  /** Certificates in PEM that are trusted besides the well-known authorities. */
  readonly certificates?: string
  /** How long it may take to answer; 300,000 unless said otherwise. */
  readonly patienceMs?: number
}

/** Of what the other server sends at once. */
const limits = {
  maxLiteralSize: maxMessageBytes,
  maxLineLength: 67_108_864,
  maxResponseSize: maxMessageBytes + 67_108_864,
}
const connectionTimeoutMs = 30_000
/** A server may think for long about a large mailbox. */
const defaultPatienceMs = 300_000
/** Until it has let the user in. */
const maxGreetingBytes = 1_048_576

/** `times`: as long as for so many answers. */
export function answerLimit(
  { patienceMs = defaultPatienceMs }: ImapServer,
  { bytes, times = 1 }: { readonly bytes: number; readonly times?: number },
): AnswerLimit {
  return { bytes, ms: times * patienceMs, silenceMs: patienceMs }
}

/** Logged in. @throws TransferRefusal when it cannot be had, with what to do about it */
export async function connectImap(server: ImapServer): Promise<ImapFlow> {
  const { host, port, security, user, password, certificates } = server
  // Loaded where it is needed: every other command starts without it.
  const library = await import('imapflow')
  const flow = new library.ImapFlow({
    host,
    port,
    secure: security === 'tls',
    doSTARTTLS: security === 'starttls',
    auth: { user, pass: password },
    tls: certificates === undefined ? {} : { ca: [...rootCertificates, certificates] },
    logger: false,
    disableAutoIdle: true,
    // BINARY is a second way to the content, which few servers have tried.
    disableBinary: true,
    connectionTimeout: connectionTimeoutMs,
    greetingTimeout: connectionTimeoutMs,
    // Longer than any answer may take, which is said with a reason.
    socketTimeout: answerLimit(server, { bytes: 0, times: 20 }).ms,
    ...limits,
  })
  // What fails is said by the command that fails.
  flow.on('error', () => undefined)
  using watch = new AnswerWatch(flow, answerLimit(server, { bytes: maxGreetingBytes }))
  try {
    await watch.waitFor(flow.connect())
    return flow
  } catch (cause) {
    flow.close()
    throw new TransferRefusal(`${host}:${port}: ${refusalText(cause, server)}`, { cause })
  }
}

/** Tells it from every other mailbox, in every run. The two usual ports are one server: the second run may use the other one. */
export function imapName({ host, port, user }: Pick<ImapServer, 'host' | 'port' | 'user'>): string {
  const shownPort = port === 143 || port === 993 ? '' : `:${port}`
  return `imap://${encodeURIComponent(user)}@${host.toLowerCase()}${shownPort}`
}

/** What went wrong, in the words of the server where it has some. */
export function failureText(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const { responseText } = error as { readonly responseText?: unknown }
  return typeof responseText === 'string' && responseText !== '' ? responseText : error.message
}

function refusalText(error: unknown, { security, port }: ImapServer): string {
  const text = failureText(error)
  const { code, authenticationFailed } = error as Readonly<Record<string, unknown>>
  if (authenticationFailed === true) return `the user name or the password is refused: ${text}`
  if (typeof code !== 'string') return text
  if (/CERT|SIGNATURE/.test(code))
    return `its certificate is not trusted (${text}): name one to trust with --ca FILE`
  if (/^(?:ERR_SSL|EPROTO)/.test(code))
    return `no TLS is spoken there (${text}): try ${security === 'tls' ? '--starttls' : '--tls'}`
  if (security === 'starttls' && !/^(?:E[A-Z]+|CONNECT_TIMEOUT|GREETING_TIMEOUT)$/.test(code))
    return `STARTTLS failed: ${text}`
  return security === 'tls' && port === 143 ? `${text}; port 143 is for --starttls` : text
}
