import { asBuffer } from '../as-buffer.ts'
import { headerSlice } from './header-text.ts'

/** One header field, as byte offsets into the message. */
export interface HeaderField {
  /** As written; '' for a line that is no field (no colon, or a name with spaces or 8-bit bytes). */
  readonly name: string
  readonly start: number
  /** After the line end of the last folded line. */
  readonly end: number
  /** First byte after the colon. */
  readonly valueStart: number
}

/** More fields than any honest header; what lies beyond is not listed. */
const maxListedFields = 20_000

const lf = 10
const cr = 13
const colon = 58

/**
 * The fields between start and end, in order, up to the empty line or end.
 * A line ends at LF; a CR before it belongs to the line end, a CR elsewhere is content.
 * Every byte up to the empty line is inside one field, broken lines too, so a caller that leaves fields out keeps the rest byte-exact.
 */
export function headerFields(
  bytes: Uint8Array,
  start: number,
  end: number,
  maxFields: number = maxListedFields,
): HeaderField[] {
  const buffer = asBuffer(bytes)
  const stop = Math.min(end, buffer.length)
  const fields: HeaderField[] = []
  let pos = start
  while (pos < stop && fields.length < maxFields && !isEmptyLine(buffer, pos, stop)) {
    let next = lineAfter(buffer, pos, stop)
    while (next < stop && isBlank(buffer[next])) next = lineAfter(buffer, next, stop)
    fields.push(fieldAt(buffer, pos, next))
    pos = next
  }
  return fields
}

/** The value as written, from the colon to before the last line end; folding and leading white space kept (RFC 8621 section 4.1.2.1). */
export function rawValue(bytes: Uint8Array, field: HeaderField): string {
  const buffer = asBuffer(bytes)
  let end = field.end
  if (end > field.valueStart && buffer[end - 1] === lf) {
    end--
    if (end > field.valueStart && buffer[end - 1] === cr) end--
  }
  return headerSlice(buffer, field.valueStart, end)
}

function fieldAt(bytes: Buffer, start: number, end: number): HeaderField {
  const nameEnd = fieldNameEnd(bytes, start, end)
  if (nameEnd === start) return { name: '', start, end, valueStart: start }
  let valueStart = nameEnd
  while (bytes[valueStart] !== colon) valueStart++
  return { name: bytes.toString('latin1', start, nameEnd), start, end, valueStart: valueStart + 1 }
}

/** End of the field name, or start when the line is no field. White space before the colon is obsolete but read (RFC 5322 section 4.5). */
export function fieldNameEnd(bytes: Buffer, start: number, end: number): number {
  let pos = start
  while (pos < end && isNameByte(bytes[pos] ?? 0)) pos++
  let after = pos
  while (after < end && isBlank(bytes[after])) after++
  return after < end && bytes[after] === colon ? pos : start
}

// RFC 5322 section 2.2: printable US-ASCII except colon
function isNameByte(byte: number): boolean {
  return byte > 32 && byte < 127 && byte !== colon
}

function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 9
}

function isEmptyLine(bytes: Buffer, pos: number, end: number): boolean {
  let at = pos
  // Mail that went through LF to CRLF twice has CR CR LF.
  while (at < end && bytes[at] === cr) at++
  return at < end && bytes[at] === lf
}

function lineAfter(bytes: Buffer, pos: number, end: number): number {
  const at = bytes.indexOf(lf, pos)
  return at === -1 || at >= end ? end : at + 1
}
