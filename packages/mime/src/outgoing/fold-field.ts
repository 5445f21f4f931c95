import { maxLineOctets } from './line-traits.ts'

const lf = 10
const cr = 13
/** RFC 5322 section 2.1.1 */
const wantedLine = 78

/** The header field with line ends before white space, where a line of it is too long (RFC 5322 section 2.2.3). Undefined: it has none to break at. */
export function foldField(field: Buffer): Buffer | undefined {
  const pieces: Buffer[] = []
  for (let start = 0; start < field.length;) {
    const at = field.indexOf(lf, start)
    const end = at === -1 ? field.length : at + 1
    const line = field.subarray(start, end)
    const folded = lengthOf(line) > maxLineOctets ? foldLine(line) : [line]
    if (folded === undefined) return undefined
    pieces.push(...folded)
    start = end
  }
  return Buffer.concat(pieces)
}

function foldLine(line: Buffer): Buffer[] | undefined {
  const pieces: Buffer[] = []
  const lineEnd = line.subarray(lengthOf(line))
  // White space at the end of a line says nothing.
  let end = lengthOf(line)
  while (isBlank(line[end - 1])) end--
  if (end === 0) return []
  let start = 0
  while (end - start > (start === 0 ? maxLineOctets : wantedLine)) {
    const at = breakIn(line, start, end)
    if (at === undefined) {
      if (end - start > maxLineOctets) return undefined
      break
    }
    pieces.push(line.subarray(start, at), Buffer.from('\r\n'))
    start = at
  }
  pieces.push(line.subarray(start, end), lineEnd)
  return pieces
}

/**
 * The last white space before 78 octets are over, else the first behind, with text before and behind it: a line of white space alone would end the header
 * for some readers.
 */
function breakIn(line: Buffer, start: number, end: number): number | undefined {
  const stop = Math.min(start + maxLineOctets, end - 1)
  let firstText = start
  while (firstText < stop && isBlank(line[firstText])) firstText++
  const wanted = Math.min(start + wantedLine, stop)
  for (let at = wanted; at > firstText; at--) if (isBlank(line[at])) return at
  for (let at = Math.max(wanted, firstText) + 1; at <= stop; at++) if (isBlank(line[at])) return at
  return undefined
}

function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 9
}

/** Without the line end. */
function lengthOf(line: Buffer): number {
  let end = line.length
  if (line[end - 1] === lf) end--
  if (line[end - 1] === cr) end--
  return end
}
