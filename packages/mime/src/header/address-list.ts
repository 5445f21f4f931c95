import type { Address } from '../mime-index.ts'
import { encodedWordAt, readWords, type RunBudget } from './encoded-words.ts'
import { readQuoted, skipComment } from './parameters.ts'

const defaultMaxAddresses = 2_000

/** For the names of a whole list. */
const maxRuns = 3_000

/** Words of one mailbox; what follows, up to the comma, is dropped. */
const maxWords = 500

/** What nearly all are: no quotes, comments, spaces or route. */
const plainAngle = /^<([^\s"(),:;<>@]+)@([^\s"(),:;<>@]+)>/

/** A word outside angle brackets. */
interface Word {
  readonly text: string
  readonly isQuoted: boolean
  readonly hasSpaceBefore: boolean
}

/**
 * The addresses of a From, To or like field, in order (RFC 5322 section 3.4 and the obsolete forms of section 4.4).
 * Reads broken lists too: semicolons as commas, missing brackets, unclosed quotes. A text without any address becomes a mailbox without domain.
 * Names are decoded (RFC 2047); `local` is without quotes.
 */
export function parseAddressList(
  text: string,
  maxAddresses: number = defaultMaxAddresses,
): Address[] {
  return new AddressListReader(text, maxAddresses).read()
}

/**
 * The address as addr-spec, the local part quoted where it would be read otherwise; without domain the bare local part. Dots do not count: `a..b` and
 * `a.` are given out unquoted by carriers, and are no other address to whoever reads them.
 */
export function addrSpec(mailbox: { readonly local: string; readonly domain: string }): string {
  if (mailbox.domain === '') return mailbox.local
  const isPlain = /^[^\s\p{Cc}"(),:;<>@[\\\]]+$/u.test(mailbox.local)
  const local = isPlain ? mailbox.local : `"${mailbox.local.replace(/["\\]/g, '\\$&')}"`
  return `${local}@${mailbox.domain}`
}

interface AngleAddress {
  readonly local: string
  readonly domain: string
  readonly route?: string
}

class AddressListReader {
  readonly #text: string
  readonly #max: number
  readonly #runs: RunBudget = { left: maxRuns }
  readonly #found: Address[] = []
  #pos = 0
  #words: Word[] = []
  #comment: string | null = null
  #angle: AngleAddress | null = null
  #hasSpace = false
  #hasAt = false
  #isInGroup = false

  constructor(text: string, maxAddresses: number) {
    this.#text = text
    this.#max = maxAddresses
  }

  read(): Address[] {
    const text = this.#text
    while (this.#pos < text.length && this.#found.length < this.#max)
      this.#step(text.charAt(this.#pos))
    this.#endMailbox()
    if (this.#isInGroup) this.#found.push({ kind: 'groupEnd' })
    return this.#found
  }

  #step(c: string): void {
    if (c === ' ' || c === '\t' || c === '\r' || c === '\n') {
      this.#hasSpace = true
      this.#pos++
    } else if (c === '"') {
      const quoted = readQuoted(this.#text, this.#pos)
      this.#pos = quoted.end
      this.#addWord(quoted.value, true)
    } else if (c === '(') {
      const end = skipComment(this.#text, this.#pos)
      this.#comment = this.#text.slice(
        this.#pos + 1,
        this.#text.charAt(end - 1) === ')' ? end - 1 : end,
      )
      this.#pos = end
      this.#hasSpace = true
    } else if (c === '<') this.#readAngle()
    else if (c === ',') this.#separator()
    else if (c === ';') this.#semicolon()
    else if (c === ':') this.#colon()
    else this.#readAtom()
  }

  #separator(): void {
    this.#pos++
    this.#endMailbox()
  }

  #semicolon(): void {
    this.#separator()
    if (!this.#isInGroup) return
    this.#isInGroup = false
    this.#found.push({ kind: 'groupEnd' })
  }

  #colon(): void {
    this.#pos++
    if (this.#isInGroup || this.#angle !== null || this.#words.length === 0 || this.#hasAt) {
      if (this.#words.length > 0 && this.#angle === null) this.#addWord(':', false)
      return
    }
    const { name, ...asWritten } = phrase(this.#words, this.#runs)
    this.#found.push({ kind: 'groupStart', name: name ?? '', ...asWritten })
    this.#isInGroup = true
    this.#reset()
  }

  #readAtom(): void {
    const text = this.#text
    const start = this.#pos
    // A comma inside an encoded word is wrong (RFC 2047 section 5), and common.
    const word = encodedWordAt(text, start)
    if (word !== null) {
      this.#pos = word.end
    } else if (text.charAt(start) === '[') {
      const close = this.#closingBracket(start)
      this.#pos = close
    } else {
      do this.#pos++
      while (this.#pos < text.length && !isSpecial(text.charCodeAt(this.#pos)))
    }
    this.#addWord(text.slice(start, this.#pos), false)
  }

  /** After a domain literal; a bracket that never closes within a literal's length is an ordinary character. */
  #closingBracket(start: number): number {
    const close = this.#text.slice(start, start + 300).indexOf(']')
    return close === -1 ? start + 1 : start + close + 1
  }

  /** `<local@domain>`, with the obsolete route `<@a,@b:local@domain>`. A comma or another '<' ends what was never closed. */
  #readAngle(): void {
    const text = this.#text
    const plain =
      this.#angle === null ? plainAngle.exec(text.slice(this.#pos, this.#pos + 320)) : null
    if (plain !== null) {
      this.#angle = { local: plain[1] ?? '', domain: plain[2] ?? '' }
      this.#pos += plain[0].length
      return
    }
    let pos = this.#pos + 1
    let words: Word[] = []
    let isRoute = false
    let route: string | undefined
    const first = pos
    let hasSpace = false
    let start = -1
    const flush = (): void => {
      if (start !== -1)
        words.push({ text: text.slice(start, pos), isQuoted: false, hasSpaceBefore: hasSpace })
      if (start !== -1) hasSpace = false
      start = -1
    }
    for (; pos < text.length; pos++) {
      const c = text.charAt(pos)
      if (c === '>' || c === '<' || (c === ',' && !isRoute)) break
      if (c === '"') {
        flush()
        const quoted = readQuoted(text, pos)
        words.push({ text: quoted.value, isQuoted: true, hasSpaceBefore: hasSpace })
        hasSpace = false
        pos = quoted.end - 1
      } else if (c === '(') {
        flush()
        pos = skipComment(text, pos) - 1
      } else if (c === ' ' || c === '\t' || c === '\r' || c === '\n') {
        flush()
        hasSpace = true
      } else if (c === ':' && isRoute) {
        route = text.slice(first, pos).replace(/\s/g, '')
        start = -1
        words = []
        isRoute = false
      } else if (start === -1) {
        if (c === '@' && words.length === 0) isRoute = true
        start = pos
      }
    }
    flush()
    this.#pos = text.charAt(pos) === '>' ? pos + 1 : pos
    if (words.length === 0) this.#angle ??= { local: '', domain: '' }
    else if (this.#angle === null || this.#angle.local === '')
      this.#angle = { ...splitAddress(words), ...(route === undefined ? {} : { route }) }
  }

  #addWord(text: string, isQuoted: boolean): void {
    if (this.#words.length >= maxWords) return
    this.#words.push({ text, isQuoted, hasSpaceBefore: this.#hasSpace })
    this.#hasSpace = false
    if (!isQuoted && text.includes('@')) this.#hasAt = true
  }

  #endMailbox(): void {
    if (this.#angle !== null && (this.#angle.local !== '' || this.#words.length > 0)) {
      const name = this.#words.length > 0 ? phrase(this.#words, this.#runs) : this.#commentName()
      this.#found.push({ kind: 'mailbox', ...name, ...this.#angle })
    } else if (this.#angle === null && this.#words.length > 0) this.#endBareMailbox()
    this.#reset()
  }

  /** Without brackets: the run of words around the last '@' is the address, what stands before is a name. */
  #endBareMailbox(): void {
    const words = this.#words
    const at = words.findLastIndex((word) => !word.isQuoted && word.text.includes('@'))
    if (at === -1) {
      this.#found.push({
        kind: 'mailbox',
        name: null,
        local: phrase(words, this.#runs).name ?? '',
        domain: '',
      })
      return
    }
    let first = at
    while (first > 0 && joins(words[first - 1], words[first])) first--
    let last = at
    while (last + 1 < words.length && joins(words[last], words[last + 1])) last++
    const name = first > 0 ? phrase(words.slice(0, first), this.#runs) : this.#commentName()
    const address = splitAddress(words.slice(first, last + 1))
    this.#found.push({ kind: 'mailbox', ...name, ...address })
  }

  #commentName(): Name {
    return nameOf(this.#comment?.trim() ?? '', this.#runs)
  }

  #reset(): void {
    this.#words = []
    this.#comment = null
    this.#angle = null
    this.#hasSpace = false
    this.#hasAt = false
  }
}

// RFC 5322 section 4.4: white space around the dots and the '@' of an address
function joins(left: Word | undefined, right: Word | undefined): boolean {
  if (left === undefined || right === undefined) return false
  if (!right.hasSpaceBefore) return true
  return (
    /[.@]$/.test(left.isQuoted ? '' : left.text) || /^[.@]/.test(right.isQuoted ? '' : right.text)
  )
}

function splitAddress(words: readonly Word[]): { local: string; domain: string } {
  const at = words.findLastIndex((word) => !word.isQuoted && word.text.includes('@'))
  const word = words[at]
  if (word === undefined) return { local: words.map((w) => w.text).join(''), domain: '' }
  const split = word.text.lastIndexOf('@')
  const before = words.slice(0, at).map((w) => w.text)
  const after = words.slice(at + 1).map((w) => w.text)
  return {
    local: before.join('') + word.text.slice(0, split),
    domain: word.text.slice(split + 1) + after.join(''),
  }
}

/** A display name: words joined as written, encoded words decoded, inside quotes too, as senders do it. */
function phrase(words: readonly Word[], runs: RunBudget): Name {
  let text = ''
  for (const word of words) text += (word.hasSpaceBefore && text !== '' ? ' ' : '') + word.text
  return nameOf(text, runs)
}

interface Name {
  readonly name: string | null
  readonly nameAsWritten?: string
}

function nameOf(written: string, runs: RunBudget): Name {
  const { text, asWritten } = readWords(written, runs)
  const name = text.replace(/\s+/g, ' ').trim()
  return {
    name: name === '' ? null : name,
    ...(asWritten === undefined ? {} : { nameAsWritten: asWritten }),
  }
}

// white space " ( ) < > , ; : [
function isSpecial(code: number): boolean {
  switch (code) {
    case 9:
    case 10:
    case 13:
    case 32:
    case 34:
    case 40:
    case 44:
    case 58:
    case 59:
    case 60:
    case 91:
      return true
    default:
      return false
  }
}
