import { pipeline, Readable, type Transform } from 'node:stream'

import { Encoder as Base64Encoder } from 'nodemailer/lib/base64'
import { Encoder as QuotedPrintableEncoder } from 'nodemailer/lib/qp'

import type { RequestBudget } from '../budget/request-budget.ts'
import { BodyTraits } from './body-traits.ts'

export interface EncodedBody {
  /** RFC 2045 section 6.1. */
  readonly transferEncoding: '7bit' | '8bit' | 'quoted-printable' | 'base64'
  readonly pieces: readonly Buffer[]
}

export interface BodyToEncode {
  /** Lower case: 'text/plain'. */
  readonly type: string
  /** A text's line ends may be written as CRLF; any other octets have to come back as they are. */
  readonly isText: boolean
  /** The message ends with it, and a message ends with a line end: SMTP would add one (RFC 5321 section 4.1.1.4), which is to be none of the text. */
  readonly endsMessage: boolean
  readonly octets: AsyncIterable<Buffer>
}

/** Writing quoted-printable takes so much more than reading. */
const workPerByte = 4

/** The body of a part as mail can carry it. `room` is told of all that is kept, and throws when it is too much. @throws BudgetExceeded */
export async function encodeBody(
  { type, isText, endsMessage, octets }: BodyToEncode,
  budget: RequestBudget,
  room: (bytes: number) => void,
): Promise<EncodedBody> {
  const isMessage = type.startsWith('message/')
  const mayBeText = isMessage || type.startsWith('text/')
  // RFC 2046 section 5.2: a message in a message is not encoded.
  const isLines = isMessage || (isText && mayBeText)
  const traits = new BodyTraits()
  const raw: Buffer[] = []
  for await (const piece of isLines ? withCrlf(octets) : octets) {
    await budget.work(piece.length)
    if (mayBeText) traits.add(piece)
    raw.push(piece)
  }
  const isOpen = endsMessage && traits.endsOpen
  if (isMessage) {
    if (isOpen) raw.push(lineEnd)
    for (const { length } of raw) room(length)
    return { transferEncoding: traits.isAscii ? '7bit' : '8bit', pieces: raw }
  }
  // What was uploaded comes back octet for octet: only lines that end as mail has them stay lines.
  const hasLines = mayBeText && traits.hasCrlfOnly
  if (hasLines && traits.isPlain && !isOpen) {
    for (const { length } of raw) room(length)
    return { transferEncoding: '7bit', pieces: raw }
  }
  const isQuoted = hasLines && traits.isMostlyAscii
  const encoder = isQuoted ? new QuotedPrintableEncoder({ lineLength }) : new Base64Encoder()
  const pieces: Buffer[] = []
  for await (const piece of encoded(raw, encoder, budget)) {
    room(piece.length)
    pieces.push(piece)
  }
  const end = isQuoted ? softBreak : lineEnd
  if (isQuoted ? isOpen : endsMessage) {
    room(end.length)
    pieces.push(end)
  }
  return { transferEncoding: isQuoted ? 'quoted-printable' : 'base64', pieces }
}

function encoded(
  raw: readonly Buffer[],
  encoder: Transform,
  budget: RequestBudget,
): AsyncIterable<Buffer> {
  async function* charged(): AsyncIterable<Buffer> {
    for (const piece of raw) {
      await budget.work(piece.length * workPerByte)
      yield piece
    }
  }
  // Its errors come out of the encoder.
  return pipeline(Readable.from(charged(), { objectMode: false }), encoder, () => undefined)
}

/** Every line end as CRLF (RFC 2046 section 4.1.1), wherever the pieces end. */
async function* withCrlf(octets: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let endsWithCr = false
  for await (const piece of octets) {
    if (piece.length === 0) continue
    const whole: Buffer = endsWithCr ? Buffer.concat([cr, piece]) : piece
    // Its LF may come with the next piece.
    endsWithCr = whole.at(-1) === 0x0d
    const lines = endsWithCr ? whole.subarray(0, -1) : whole
    yield Buffer.from(lines.toString('latin1').replaceAll(/\r\n|\r|\n/g, '\r\n'), 'latin1')
  }
  if (endsWithCr) yield Buffer.from('\r\n')
}

const cr = Buffer.from('\r')
const lineEnd = Buffer.from('\r\n')
/** RFC 2045 section 6.7: of at most 76 characters, and the last of them may be this one's. */
const softBreak = Buffer.from('=\r\n')
const lineLength = 75
