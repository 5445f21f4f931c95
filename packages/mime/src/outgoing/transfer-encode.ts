const cr = 13
const lf = 10
const tab = 9
const space = 32
const equals = 61
const hex = Buffer.from('0123456789ABCDEF')

/** RFC 2045 sections 6.7 and 6.8, without the line end. */
const maxEncodedLine = 76
/** 57 octets are a line of 76 characters. */
const base64LineOctets = 57
const base64PieceLines = 4096
const pieceOctets = 1_048_576

/** Content-Transfer-Encoding quoted-printable (RFC 2045 section 6.7) of text: its line ends stay, as CR LF. */
export function encodeQuotedPrintable(text: Buffer): Buffer[] {
  const out = new QuotedPrintableWriter(text.length)
  for (let at = 0; at < text.length; at++) {
    const byte = text[at] ?? 0
    if (byte === lf || (byte === cr && text[at + 1] === lf)) {
      out.lineEnd()
      if (byte === cr) at++
      continue
    }
    const next = text[at + 1]
    const isLast = next === undefined || next === lf || (next === cr && text[at + 2] === lf)
    if (isPlain(byte) && !(isLast && (byte === space || byte === tab))) out.plain(byte, isLast)
    else out.escaped(byte, isLast)
  }
  return out.pieces()
}

/** Content-Transfer-Encoding base64 (RFC 2045 section 6.8) of any octets. */
export function encodeBase64(bytes: Buffer): Buffer[] {
  const pieces: Buffer[] = []
  const step = base64LineOctets * base64PieceLines
  for (let at = 0; at < bytes.length; at += step) {
    const text = bytes.toString('base64', at, Math.min(at + step, bytes.length))
    pieces.push(Buffer.from(text.replaceAll(/.{76}(?=.)/g, '$&\r\n'), 'latin1'))
    if (at + step < bytes.length) pieces.push(Buffer.from('\r\n'))
  }
  return pieces
}

function isPlain(byte: number): boolean {
  return (byte >= space && byte < 127 && byte !== equals) || byte === tab
}

class QuotedPrintableWriter {
  readonly #full: Buffer[] = []
  #bytes: Buffer
  #length = 0
  #column = 0

  constructor(textLength: number) {
    this.#bytes = Buffer.allocUnsafe(Math.min(pieceOctets, textLength * 3 + 64))
  }

  pieces(): Buffer[] {
    return [...this.#full, this.#bytes.subarray(0, this.#length)]
  }

  lineEnd(): void {
    this.#room(2)
    this.#bytes[this.#length++] = cr
    this.#bytes[this.#length++] = lf
    this.#column = 0
  }

  plain(byte: number, isLast: boolean): void {
    this.#breakBefore(1, isLast)
    this.#bytes[this.#length++] = byte
    this.#column += 1
  }

  escaped(byte: number, isLast: boolean): void {
    this.#breakBefore(3, isLast)
    this.#bytes[this.#length++] = equals
    this.#bytes[this.#length++] = hex[byte >> 4] ?? 0
    this.#bytes[this.#length++] = hex[byte & 15] ?? 0
    this.#column += 3
  }

  /** A soft line break where the line would be too long with its own `=`. */
  #breakBefore(width: number, isLast: boolean): void {
    this.#room(6)
    if (this.#column + width <= maxEncodedLine - (isLast ? 0 : 1)) return
    this.#bytes[this.#length++] = equals
    this.lineEnd()
  }

  #room(octets: number): void {
    if (this.#length + octets <= this.#bytes.length) return
    this.#full.push(this.#bytes.subarray(0, this.#length))
    this.#bytes = Buffer.allocUnsafe(pieceOctets)
    this.#length = 0
  }
}
