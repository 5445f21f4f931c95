import { message, type CorpusMessage, type Line, type Shape } from '../corpus-message.ts'

/** A part: its fields, an empty line and its body. */
export type Part = readonly Line[]

/** The body of a multipart. */
export function parts(boundary: string, ...all: readonly Part[]): Line[] {
  return [...all.flatMap((part) => [`--${boundary}`, ...part]), `--${boundary}--`]
}

export function plainPart(text: string): Part {
  return ['Content-Type: text/plain; charset=utf-8', '', text]
}

export function htmlPart(text: string): Part {
  return ['Content-Type: text/html; charset=utf-8', '', text]
}

/** A multipart whose boundary is `b`. */
export function multipart(
  name: string,
  subtype: string,
  all: readonly Part[],
  shape: Partial<Shape>,
): CorpusMessage {
  return message(name, {
    header: ['MIME-Version: 1.0', `Content-Type: multipart/${subtype}; boundary="b"`],
    body: parts('b', ...all),
    ...shape,
  })
}
