/** A line that is only a dot, between line ends of any kind, CR CR LF too: where some server may see the end of the message. */
const dotLine = /(\r{0,3}\n|\r)\.(?=(\r{0,3}\n|\r))/g
/** Whatever is left of a line end, and empty lines, which servers answer with an error and no more. */
const lineEnds = /[\r\n]+/y
/** MAIL or RCPT as RFC 5321 section 4.1.1 writes them, a whole line: text that talks about mail does not begin lines so. */
const transaction = /(?:mail from|rcpt to): ?<[^<>\r\n]{0,320}>[^\r\n]{0,512}(?:[\r\n]|$)/iy
/** What a client may say before MAIL. By itself it is also an English word, or the line of a script that somebody quotes. */
const opening = /(?:(?:ehlo|helo|lhlo) [^\s<>]{1,255}|rset|noop|data|starttls) *(?:\r\n|[\r\n])/iy
const maxOpenings = 3
// More than an attacker needs to hide in, and not long to look through.
const windowBytes = 65_536

const carriageReturn = 13
const lineFeed = 10

/**
 * The first CR or LF that is not part of CRLF, of bytes that come in pieces. Such bytes are how a message is smuggled inside another (RFC 5321 section 2.3.8
 * forbids them). Looked for as they arrive: of a whole message of line ends it would take a second at once.
 */
export class BareLineEndings {
  #offset = 0
  #isBehindReturn = false
  #first = -1

  came(bytes: Uint8Array): void {
    if (this.#first === -1) this.#first = this.#find(bytes)
    this.#offset += bytes.length
  }

  /** Offset of the first, or -1. The message is over: a CR at its end has no LF. */
  end(): number {
    if (this.#first === -1 && this.#isBehindReturn) this.#first = this.#offset - 1
    return this.#first
  }

  #find(bytes: Uint8Array): number {
    let isBehindReturn = this.#isBehindReturn
    // By index: an iterator costs ten times as much.
    for (let at = 0; at < bytes.length; at += 1) {
      const byte = bytes[at]
      if (isBehindReturn && byte !== lineFeed) return this.#offset + at - 1
      if (!isBehindReturn && byte === lineFeed) return this.#offset + at
      isBehindReturn = byte === carriageReturn
    }
    this.#isBehindReturn = isBehindReturn
    return -1
  }
}

/**
 * Whether the message was made to be taken for two (SMTP smuggling, CVE-2023-51764 and its like), and not just written by a program that does not
 * know CRLF: it has a false end, one that is not CRLF dot CRLF, and right behind it a mail transaction begins. `bare` is where the first bare line end is.
 */
export async function looksLikeSmuggling(
  message: { readonly slice: (start: number, end: number) => Buffer | Promise<Buffer> },
  bare: number,
): Promise<boolean> {
  const around = await message.slice(Math.max(0, bare - 4), bare + windowBytes)
  const text = around.toString('latin1')
  for (const end of text.matchAll(dotLine)) {
    const [dot, before, after = ''] = end
    // With both line ends whole it is a dot that was stuffed.
    if (before === '\r\n' && after === '\r\n') continue
    if (beginsTransaction(text, end.index + dot.length + after.length)) return true
  }
  return false
}

function beginsTransaction(text: string, start: number): boolean {
  let at = start
  for (let openings = 0; openings <= maxOpenings; openings += 1) {
    at += matchesAt(lineEnds, text, at)
    if (matchesAt(transaction, text, at) > 0) return true
    const length = matchesAt(opening, text, at)
    if (length === 0) return false
    at += length
  }
  return false
}

/** The length of what a sticky pattern finds there. */
function matchesAt(pattern: RegExp, text: string, at: number): number {
  const sticky = new RegExp(pattern)
  sticky.lastIndex = at
  return sticky.exec(text)?.[0].length ?? 0
}
