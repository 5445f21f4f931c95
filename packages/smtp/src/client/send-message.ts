import { isAscii } from 'node:buffer'
import { isIP } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'

import type { OutboundRecipient } from '@gatepost/core'
import SMTPConnection, { type SMTPError } from 'nodemailer/lib/smtp-connection'

import { oneLine } from '../grammar/reply-text.ts'

export interface SmtpTarget {
  /** For certificates, logs and reports; connected to as well where there is no `address`. */
  readonly host: string
  /** What the name has been resolved to, and judged by. */
  readonly address?: string
  readonly port: number
  /** TLS from the start; otherwise STARTTLS when it is offered. */
  readonly isImplicitTls?: boolean
  /** A relay of ours: credentials go over verified TLS only. */
  readonly credentials?: { readonly user: string; readonly password: string }
}

export interface OutgoingMessage {
  readonly content: Buffer
  readonly reversePath: string
  readonly recipients: readonly OutboundRecipient[]
  readonly envelopeId: string | null
  readonly dsnReturn: 'full' | 'headers'
  readonly isTlsRequired: boolean
}

export interface SendOptions {
  /** What we call ourselves in EHLO. */
  readonly hostname: string
  readonly connectMs: number
  /** For the whole conversation. */
  readonly totalMs: number
  readonly signal: AbortSignal
}

export type SendResult =
  /** The host did not get as far as judging recipients: another host may do better. */
  | {
      readonly kind: 'unreachable'
      /** For the sender: it names no address. */
      readonly reason: string
      /** For the log. */
      readonly detail: string
    }
  | {
      readonly kind: 'answered'
      readonly recipients: readonly RecipientReply[]
      readonly hasDsn: boolean
      readonly isSecure: boolean
    }

export interface RecipientReply {
  readonly address: string
  /** One line: `250 2.0.0 OK`. */
  readonly reply: string
  /** First digit of the reply: 2 delivered, 4 try again, 5 never. */
  readonly outcome: 2 | 4 | 5
}

/**
 * One message to one host (RFC 5321 section 4.5.4.1): connects, sends, quits. Never throws.
 * A host whose TLS does not work is asked again without, as one that offers none (RFC 7435 section 3), unless the message or a password needs TLS.
 */
export async function sendMessage(
  target: SmtpTarget,
  message: OutgoingMessage,
  options: SendOptions,
): Promise<SendResult> {
  const signal = AbortSignal.any([options.signal, AbortSignal.timeout(options.totalMs)])
  const first = await tryOnce(target, message, { ...options, signal })
  const mayGoClear = !needsTls(target, message) && target.isImplicitTls !== true && !signal.aborted
  if (!first.isTlsFailure || !mayGoClear) return first.result
  return (await tryOnce(target, message, { ...options, signal, isTlsAvoided: true })).result
}

class TookTooLong extends Error {
  override readonly name = 'TookTooLong'
  readonly code = 'ETIMEDOUT'
}

interface TryOptions extends SendOptions {
  readonly isTlsAvoided?: boolean
}

async function tryOnce(
  target: SmtpTarget,
  message: OutgoingMessage,
  options: TryOptions,
): Promise<{ readonly result: SendResult; readonly isTlsFailure: boolean }> {
  const { signal } = options
  const connection = connectionTo(target, message, options)
  // nodemailer calls nobody back once its connection is closed: an abort has to end the wait itself.
  const aborted = new Promise<never>((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new TookTooLong('gave up: took too long')), {
      once: true,
    })
  })
  try {
    const result = await Promise.race([converse(connection, target, message), aborted])
    return { result, isTlsFailure: false }
  } catch (error) {
    const isTlsFailure = connection.upgrading === true || codeOf(error) === 'ETLS'
    const detail = oneLine(error instanceof Error ? error.message : String(error))
    return { result: { kind: 'unreachable', reason: reasonOf(error), detail }, isTlsFailure }
  } finally {
    aborted.catch(() => undefined)
    // Late errors of a connection that is done with have nobody to go to.
    connection.removeAllListeners('error').on('error', () => undefined)
    connection.quit()
    connection.close()
  }
}

async function converse(
  connection: SMTPConnection,
  target: SmtpTarget,
  message: OutgoingMessage,
): Promise<SendResult> {
  await promised<unknown>((done) => {
    connection.once('error', done)
    connection.connect(done)
  })
  if (target.credentials !== undefined) await login(connection, target.credentials)
  return transact(connection, message)
}

function connectionTo(
  target: SmtpTarget,
  message: OutgoingMessage,
  options: TryOptions,
): SMTPConnection {
  const mustBeSecure = needsTls(target, message)
  return new SMTPConnection({
    host: target.address ?? target.host,
    ...(target.address === undefined || isIP(target.host) !== 0 ? {} : { servername: target.host }),
    port: target.port,
    secure: target.isImplicitTls === true,
    name: options.hostname,
    requireTLS: mustBeSecure,
    opportunisticTLS: !mustBeSecure,
    ignoreTLS: options.isTlsAvoided === true,
    connectionTimeout: options.connectMs,
    // RFC 5321 section 4.5.3.2.1 wants this; nodemailer cuts it short by what is left of connectionTimeout.
    greetingTimeout: 300_000,
    socketTimeout: 600_000, // RFC 5321 section 4.5.3.2.6
    maxResponseSize: 65_536,
    // Opportunistic TLS (RFC 7435): any certificate is better than none, unless we promised or send a password.
    tls: { rejectUnauthorized: mustBeSecure, minVersion: 'TLSv1.2' },
    allowInternalNetworkInterfaces: true,
  })
}

function needsTls(target: SmtpTarget, message: OutgoingMessage): boolean {
  return message.isTlsRequired || target.credentials !== undefined
}

function login(
  connection: SMTPConnection,
  credentials: { readonly user: string; readonly password: string },
): Promise<unknown> {
  return promised((done) =>
    connection.login({ user: credentials.user, pass: credentials.password }, done),
  )
}

async function transact(connection: SMTPConnection, message: OutgoingMessage): Promise<SendResult> {
  const addresses = message.recipients.map(({ address }) => address)
  const envelope = {
    from: message.reversePath === '' ? (false as const) : message.reversePath,
    to: addresses,
    size: message.content.length,
    use8BitMime: !isAscii(message.content),
    requireTLSExtensionEnabled: message.isTlsRequired,
    dsn: dsnOf(message),
  }
  const replies = new Map<string, string>()
  let ehlo: readonly string[] = []
  try {
    const info = await promised<SMTPConnection.SentMessageInfo>((done) =>
      connection.send(envelope, Readable.from(piecesOf(message.content)), done),
    )
    for (const address of info.accepted) replies.set(address, info.response)
    for (const error of info.rejectedErrors ?? [])
      if (error.recipient !== undefined) replies.set(error.recipient, error.response ?? '')
    ehlo = info.ehlo ?? []
  } catch (error) {
    if (!isSmtpError(error) || error.responseCode === undefined) throw error
    for (const address of addresses) replies.set(address, error.response ?? `${error.responseCode}`)
    for (const one of error.rejectedErrors ?? [])
      if (one.recipient !== undefined) replies.set(one.recipient, one.response ?? '')
  }
  return {
    kind: 'answered',
    recipients: addresses.map((address) =>
      replyTo(address, replies.get(address) ?? '451 4.4.2 No reply for this recipient'),
    ),
    hasDsn: ehlo.some((line) => /^(?:250[ -])?DSN\b/i.test(line)),
    isSecure: connection.secure,
  }
}

/** What is escaped, and encrypted, in one turn of the event loop: as a whole a message of 35 MB would take it for a fifth of a second. */
const pieceBytes = 131_072

async function* piecesOf(content: Buffer): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += pieceBytes) {
    yield content.subarray(at, at + pieceBytes)
    // The system takes megabytes at once: its pace alone is no pause.
    await nextTurn()
  }
}

function replyTo(address: string, text: string): RecipientReply {
  const reply = oneLine(text)
  const outcome = reply.startsWith('2') ? 2 : reply.startsWith('5') ? 5 : 4
  return { address, reply, outcome }
}

/** nodemailer has one NOTIFY for all recipients: it is sent when they agree. */
function dsnOf(message: OutgoingMessage): {
  ret: string
  envid: string | null
  notify: string[] | null
  orcpt: string | null
} {
  const [first, ...others] = message.recipients
  const doAgree = others.every(({ notify }) => notify.join() === first?.notify.join())
  const notify =
    doAgree && first !== undefined && first.notify.length > 0
      ? first.notify.map((word) => word.toUpperCase())
      : null
  return {
    ret: message.dsnReturn === 'full' ? 'FULL' : 'HDRS',
    envid: message.envelopeId,
    notify,
    orcpt: others.length === 0 ? (first?.originalRecipient ?? null) : null,
  }
}

function promised<T>(start: (done: (error?: Error | null, value?: T) => void) => void): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    start((error, value) => {
      if (error instanceof Error) reject(error)
      else resolve(value as T)
    })
  })
}

function isSmtpError(error: unknown): error is SMTPError {
  return error instanceof Error
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}

/** What a report may say of each failure: the system's own message names the address that was connected to. */
const failures: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection lost',
  EPIPE: 'connection lost',
  ECONNECTION: 'connection lost',
  ETIMEDOUT: 'timed out',
  EHOSTUNREACH: 'no route to the host',
  ENETUNREACH: 'no route to the host',
  ENOTFOUND: 'host not found',
  EDNS: 'host not found',
  ETLS: 'TLS failed',
  EAUTH: 'login failed',
  ESOCKET: 'connection failed',
}

/** Of the other server's words, or in ours. */
function reasonOf(error: unknown): string {
  const response =
    error instanceof Error && 'response' in error && typeof error.response === 'string'
      ? error.response
      : ''
  if (response !== '') return oneLine(response)
  const cause =
    error instanceof Error && error.cause !== undefined ? codeOf(error.cause) : undefined
  const codes = [systemCodeIn(error), cause, codeOf(error)]
  const known = codes.map((code) => failures[String(code)]).find((words) => words !== undefined)
  return known ?? 'connection failed'
}

/** nodemailer wraps a system error in one with a code of its own: the message still begins with what failed. */
function systemCodeIn(error: unknown): string | undefined {
  return error instanceof Error ? /\b(E[A-Z]{4,})\b/.exec(error.message)?.[1] : undefined
}
