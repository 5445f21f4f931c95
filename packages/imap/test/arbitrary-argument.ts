import { MailError } from '@gatepost/core'
import fc from 'fast-check'

import type { Argument } from '../src/grammar/argument.ts'

const words =
  '1 0 * 4294967295 99999999999999999999 1.2 1.MIME HEADER TEXT HEADER.FIELDS BODY BODY.PEEK RFC822 ALL FULL UID FLAGS ' +
  'PREVIEW LAZY CHANGEDSINCE NOT OR FROM SINCE 1-Jan-2024 KEYWORD MODSEQ LARGER RETURN CHARSET UTF-8 koi8-r ' +
  '\\Seen \\Recent \\* é '
const word = fc.constantFrom(...words.split(' '))
const latin1 = fc
  .array(fc.integer({ min: 0, max: 255 }), { maxLength: 12 })
  .map((codes) => String.fromCharCode(...codes))
const text = fc.oneof(word, latin1)
const sequence = fc.oneof(fc.constantFrom('1:*', '3,1:2', '0:1', '1:', ',', '1,*'), latin1)

/** Any tree of arguments: what no parser makes too, and words of every command in places where they do not belong. */
export const arbitraryArgument: fc.Arbitrary<Argument> = fc.letrec<{
  argument: Argument
  list: Argument[]
}>((tie) => ({
  argument: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text.map((t): Argument => ({ kind: 'atom', text: t })),
    text.map((t): Argument => ({ kind: 'string', text: t })),
    sequence.map((t): Argument => ({ kind: 'sequence', text: t })),
    fc.constant<Argument>({ kind: 'nil' }),
    latin1.map((t): Argument => ({ kind: 'bytes', bytes: Buffer.from(t, 'latin1') })),
    tie('list').map((items): Argument => ({ kind: 'list', items })),
    fc.record({
      kind: fc.constant('atom' as const),
      text,
      section: tie('list'),
      partial: fc.array(fc.oneof(fc.integer(), fc.double()), { maxLength: 3 }),
    }),
  ),
  list: fc.array(tie('argument'), { maxLength: 4 }),
})).argument

/** Runs a parser: true when it answers, false when it throws what parsers throw, and any other error goes on. */
export function isParsed(parse: () => unknown): boolean {
  try {
    parse()
    return true
  } catch (error) {
    if (error instanceof MailError && /^imap\.(?:syntax|badCharset)$/.test(error.code)) return false
    throw error
  }
}
