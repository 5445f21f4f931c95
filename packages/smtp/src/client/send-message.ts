import { isIP } from 'node:net'

import SMTPConnection from 'nodemailer/lib/smtp-connection'

import { oneLine } from '../grammar/reply-text.ts'
import { codeOf, reasonOf } from './failure-reason.ts'
import { fitMessage } from './fit-message.ts'
import type { OutgoingMessage } from './outgoing-message.ts'
import { peerOf, sayUtf8 } from './peer.ts'
import { promised } from './promised.ts'
import { transact, type Transaction } from './transact.ts'

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
  | ({ readonly kind: 'answered'; readonly isSecure: boolean } & Transaction)

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
    const result = await Promise.race([converse(connection, target, message, signal), aborted])
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
  signal: AbortSignal,
): Promise<SendResult> {
  await promised<unknown>((done) => {
    connection.once('error', done)
    connection.connect(done)
  })
  if (target.credentials !== undefined) await login(connection, target.credentials)
  const fitted = await fitMessage(message, peerOf(connection), signal)
  if (fitted.needsUtf8) sayUtf8(connection)
  const answered = await transact(connection, message, fitted)
  return { kind: 'answered', ...answered, isSecure: connection.secure }
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
