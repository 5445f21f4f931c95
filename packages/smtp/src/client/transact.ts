import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'

import type { OutboundRecipient } from '@gatepost/core'
import type SMTPConnection from 'nodemailer/lib/smtp-connection'
import type { SMTPError } from 'nodemailer/lib/smtp-connection'

import { replyLines } from '../grammar/reply-text.ts'
import type { Fitted } from './fit-message.ts'
import type { OutgoingMessage, RecipientReply } from './outgoing-message.ts'
import { promised } from './promised.ts'

export interface Transaction {
  readonly recipients: readonly RecipientReply[]
  /** The other server reports on delivery itself (RFC 3461 section 5.2). */
  readonly hasDsn: boolean
}

/** Hands on what fits, and answers for every recipient. @throws Error when the conversation ended before the recipients were judged */
export async function transact(
  connection: SMTPConnection,
  message: OutgoingMessage,
  fitted: Fitted,
): Promise<Transaction> {
  const { replies, ehlo } =
    fitted.recipients.length === 0 ? nothingSent : await hand(connection, message, fitted)
  return {
    recipients: message.recipients.map(({ address }) => {
      const reply = fitted.refused.get(address) ?? replies.get(address)
      return replyTo(address, reply ?? '451 4.4.2 No reply for this recipient')
    }),
    hasDsn: ehlo.some((line) => /^(?:250[ -])?DSN\b/i.test(line)),
  }
}

interface Handed {
  /** By address. */
  readonly replies: ReadonlyMap<string, string>
  readonly ehlo: readonly string[]
}

const nothingSent: Handed = { replies: new Map(), ehlo: [] }

async function hand(
  connection: SMTPConnection,
  message: OutgoingMessage,
  { content, recipients, is8Bit }: Fitted,
): Promise<Handed> {
  const addresses = recipients.map(({ address }) => address)
  const envelope = {
    from: message.reversePath === '' ? (false as const) : message.reversePath,
    to: addresses,
    size: content.length,
    use8BitMime: is8Bit,
    requireTLSExtensionEnabled: message.isTlsRequired,
    dsn: dsnOf(message, recipients),
  }
  const replies = new Map<string, string>()
  try {
    const info = await promised<SMTPConnection.SentMessageInfo>((done) =>
      connection.send(envelope, Readable.from(piecesOf(content)), done),
    )
    for (const address of info.accepted) replies.set(address, info.response)
    for (const error of info.rejectedErrors ?? [])
      if (error.recipient !== undefined) replies.set(error.recipient, error.response ?? '')
    return { replies, ehlo: info.ehlo ?? [] }
  } catch (error) {
    if (!isSmtpError(error) || error.responseCode === undefined) throw error
    for (const address of addresses) replies.set(address, error.response ?? `${error.responseCode}`)
    for (const one of error.rejectedErrors ?? [])
      if (one.recipient !== undefined) replies.set(one.recipient, one.response ?? '')
    return { replies, ehlo: [] }
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
  const reply = replyLines(text)
  const outcome = reply.startsWith('2') ? 2 : reply.startsWith('5') ? 5 : 4
  return { address, reply, outcome }
}

/** nodemailer has one NOTIFY for all recipients: it is sent when they agree. */
function dsnOf(
  message: OutgoingMessage,
  recipients: readonly OutboundRecipient[],
): {
  ret: string
  envid: string | null
  notify: string[] | null
  orcpt: string | null
} {
  const [first, ...others] = recipients
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

function isSmtpError(error: unknown): error is SMTPError {
  return error instanceof Error
}
