/** A line without its end: UTF-8, or the bytes as they are. */
export type Line = string | Uint8Array

/** A message of the corpus with what has to be read from it. */
export interface CorpusMessage {
  /** Of this message alone. */
  readonly name: string
  /** With CRLF. */
  readonly content: Buffer
  readonly subject: string | null
  /** `Name <address>`, or the address alone. */
  readonly from: readonly string[]
  readonly to: readonly string[]
  /** Of the last To field, which is the one that JMAP shows. */
  readonly lastTo: readonly string[]
  /** The text parts of the body with LF, in the order of JMAP's textBody. */
  readonly text: readonly string[]
  /** `multipart/mixed(text/plain message/rfc822(text/html))`. */
  readonly structure: string
  /** As `structure`, with each message inside as Email/parse opens it. */
  readonly opened: string
  /** The names that JMAP's attachments have, the media type where there is none. */
  readonly attachments: readonly string[]
  /** A search finds by each of them this message and those that list it too, and no more. */
  readonly words: readonly string[]
  /** As `words`, in fields that IMAP's TEXT looks at and JMAP's text does not (RFC 8621 section 4.4.1). */
  readonly headerWords: readonly string[]
  /** What the ENVELOPE on the wire has to contain. */
  readonly envelope: string | null
  /** Not over SMTP, where a CR alone is refused. */
  readonly isRefusedBySmtp: boolean
}

export interface Shape extends Partial<Omit<CorpusMessage, 'name' | 'content' | 'text'>> {
  /** Fields behind those that every message here has; a Subject unless `subject` is left out: then it is the name. */
  readonly header?: readonly Line[]
  /** Instead of all fields. */
  readonly wholeHeader?: readonly Line[]
  readonly body: readonly Line[]
  /** Left out: the body as it is written. */
  readonly text?: string | readonly string[]
}

export const usualFrom = 'Anna Muster <anna@example.org>'
export const usualTo = 'me@example.test'

export function message(name: string, shape: Shape): CorpusMessage {
  const { header = [], body, text = `${body.map(String).join('\n')}\n` } = shape
  const id = name.replaceAll(/[^a-z0-9]+/gi, '.')
  const usualFields = [
    `From: ${usualFrom}`,
    `To: ${usualTo}`,
    'Date: Mon, 5 Jan 2026 09:30:00 +0100',
    `Message-ID: <${id}@example.org>`,
    ...(shape.subject === undefined ? [`Subject: ${name}`] : []),
    ...header,
  ]
  return {
    name,
    content: withLineEnds([...(shape.wholeHeader ?? usualFields), '', ...body]),
    subject: shape.subject === undefined ? name : shape.subject,
    from: shape.from ?? [usualFrom],
    to: shape.to ?? [usualTo],
    lastTo: shape.lastTo ?? shape.to ?? [usualTo],
    text: typeof text === 'string' ? [text] : text,
    structure: shape.structure ?? 'text/plain',
    opened: shape.opened ?? shape.structure ?? 'text/plain',
    attachments: shape.attachments ?? [],
    words: shape.words ?? (shape.subject === undefined ? [name] : []),
    headerWords: shape.headerWords ?? [],
    envelope: shape.envelope ?? null,
    isRefusedBySmtp: shape.isRefusedBySmtp ?? false,
  }
}

/** A byte for each character. */
export function latin1(text: string): Buffer {
  return Buffer.from(text, 'latin1')
}

/** Lines of 76 characters. */
export function base64Lines(content: string | Uint8Array): string[] {
  return (
    Buffer.from(content)
      .toString('base64')
      .match(/.{1,76}/g) ?? []
  )
}

function withLineEnds(lines: readonly Line[]): Buffer {
  return Buffer.concat(lines.flatMap((line) => [Buffer.from(line), Buffer.from('\r\n')]))
}
