import { decodeWords } from '../header/encoded-words.ts'
import { parseParameterized } from '../header/parameters.ts'
import type { MimePart } from '../mime-index.ts'
import type { HeaderSlots } from './header-slots.ts'

/** What the Content-* fields of one part say. */
export type ContentFields = Pick<
  MimePart,
  | 'type'
  | 'subtype'
  | 'params'
  | 'encoding'
  | 'disposition'
  | 'contentId'
  | 'description'
  | 'md5'
  | 'languages'
  | 'location'
> & { readonly isTruncated: boolean }

// RFC 2045 section 5.1: token "/" token
const mediaType =
  /^([!#$%&'*+\-.^_`{|}~0-9a-z]{1,127})\s*\/\s*([!#$%&'*+\-.^_`{|}~0-9a-z]{1,127})(?:\s|$)/

/** Of a repeated field the first counts. */
export function contentFields(
  slots: HeaderSlots,
  defaultType: 'plain' | 'rfc822',
  maxParams: number,
): ContentFields {
  const written = slots.first('content-type')
  const parsed = written === null ? null : parseParameterized(written, maxParams)
  const match = parsed === null ? null : mediaType.exec(parsed.value)
  const disposition = slots.first('content-disposition')
  const where = disposition === null ? null : parseParameterized(disposition, maxParams)
  const description = slots.first('content-description')
  const id = slots.first('content-id')
  const { type, subtype, params } =
    match === null
      ? fallback(defaultType)
      : { type: match[1] ?? '', subtype: match[2] ?? '', params: parsed?.params ?? {} }
  return {
    type,
    subtype,
    params,
    encoding: encodingOf(slots.first('content-transfer-encoding')),
    disposition:
      where === null || where.value === '' ? null : { type: where.value, params: where.params },
    contentId: id === null ? null : withoutBrackets(id),
    description: description === null ? null : decodeWords(description),
    md5: slots.first('content-md5'),
    languages: languagesOf(slots.first('content-language')),
    location: slots.first('content-location'),
    isTruncated: parsed?.isTruncated === true || where?.isTruncated === true,
  }
}

/** Not by a regular expression: one for the end of a text tries every run of brackets to its end. */
function withoutBrackets(id: string): string {
  let start = 0
  let end = id.length
  while (start < end && (id.charAt(start) === '<' || isSpace(id.charCodeAt(start)))) start++
  while (end > start && (id.charAt(end - 1) === '>' || isSpace(id.charCodeAt(end - 1)))) end--
  return id.slice(start, end)
}

function isSpace(code: number): boolean {
  return code <= 32 || code === 0xa0
}

// RFC 2045 section 5.2, RFC 2046 section 5.1.5
function fallback(kind: 'plain' | 'rfc822'): Pick<MimePart, 'type' | 'subtype' | 'params'> {
  return kind === 'rfc822'
    ? { type: 'message', subtype: 'rfc822', params: {} }
    : { type: 'text', subtype: 'plain', params: { charset: 'us-ascii' } }
}

function encodingOf(text: string | null): string {
  const token = /[^\s;()"']+/.exec(text ?? '')?.[0].toLowerCase() ?? '7bit'
  return token === 'quoted_printable' ? 'quoted-printable' : token
}

// RFC 3282 section 2
function languagesOf(text: string | null): readonly string[] {
  if (text === null) return []
  return text
    .split(',', 100)
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '')
}
