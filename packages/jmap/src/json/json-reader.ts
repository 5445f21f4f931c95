/** What a document of JSON may hold. */
export interface JsonLimits {
  /** Arrays and objects inside one another. */
  readonly maxJsonDepth: number
  /** Values of all kinds together. */
  readonly maxJsonNodes: number
  /** Of one object. */
  readonly maxObjectNames: number
  /** Of one array. */
  readonly maxArrayItems: number
}

export type JsonFault =
  | { readonly kind: 'notJson' }
  | { readonly kind: 'tooDeep' }
  | { readonly kind: 'tooMany'; readonly limit: keyof JsonLimits }

/** Ends the reading of a document. */
export class JsonError extends Error {
  readonly fault: JsonFault

  constructor(fault: JsonFault) {
    super(fault.kind)
    this.fault = fault
  }
}

type Container =
  | { readonly kind: 'array'; readonly items: unknown[] }
  | {
      readonly kind: 'object'
      readonly object: Record<string, unknown>
      /** Of the member that is being read; undefined: a name comes next. */
      name: string | undefined
      names: number
    }

/** Where the grammar of RFC 8259 is. */
type Expected = 'value' | 'valueOrEnd' | 'nameOrEnd' | 'name' | 'colon' | 'commaOrEnd' | 'nothing'

const quote = 0x22
const backslash = 0x5c
/** A string is made text in pieces of so many bytes. */
const stringPiece = 32_768
const maxNumberLength = 1000

/**
 * Reads JSON (RFC 8259) that is valid UTF-8 a piece at a time, so that no document holds the event loop, and counts as it goes, so that none is built that is
 * over a limit. I-JSON (RFC 7493): no byte order mark, no lone surrogates. Of doubled names the last one counts.
 */
export class JsonReader {
  readonly #bytes: Buffer
  readonly #limits: JsonLimits
  readonly #open: Container[] = []
  #expected: Expected = 'value'
  #value: unknown
  #nodes = 0
  #at = 0
  #string: StringReader | undefined

  constructor(bytes: Buffer, limits: JsonLimits) {
    this.#bytes = bytes
    this.#limits = limits
  }

  get nodes(): number {
    return this.#nodes
  }

  get at(): number {
    return this.#at
  }

  /** When `readOn` says that it has all. */
  get value(): unknown {
    return this.#value
  }

  /** Reads about so many bytes or values more. Answers whether that was all. @throws JsonError */
  readOn(bytes: number, nodes: number): boolean {
    const untilByte = Math.min(this.#at + bytes, this.#bytes.length)
    const untilNode = this.#nodes + nodes
    while (this.#at < untilByte && this.#nodes < untilNode) {
      if (this.#string !== undefined) this.#readString(untilByte)
      else this.#readToken()
    }
    if (this.#at < this.#bytes.length) return false
    if (this.#expected !== 'nothing' || this.#string !== undefined) throw notJson()
    return true
  }

  #readToken(): void {
    const byte = this.#bytes[this.#at] ?? 0
    if (byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09) {
      this.#at += 1
      return
    }
    switch (this.#expected) {
      case 'valueOrEnd':
        if (byte === 0x5d) this.#close()
        else this.#readValue(byte)
        return
      case 'value':
        this.#readValue(byte)
        return
      case 'nameOrEnd':
        if (byte === 0x7d) this.#close()
        else this.#beginString(byte)
        return
      case 'name':
        this.#beginString(byte)
        return
      case 'colon':
        if (byte !== 0x3a) throw notJson()
        this.#at += 1
        this.#expected = 'value'
        return
      case 'commaOrEnd':
        this.#readSeparator(byte)
        return
      case 'nothing':
        throw notJson()
    }
  }

  #readSeparator(byte: number): void {
    const container = this.#open.at(-1)
    const end = container?.kind === 'array' ? 0x5d : 0x7d
    if (byte === end) {
      this.#close()
      return
    }
    if (byte !== 0x2c) throw notJson()
    this.#at += 1
    this.#expected = container?.kind === 'array' ? 'value' : 'name'
  }

  #readValue(byte: number): void {
    if (byte === quote) this.#beginString(byte)
    else if (byte === 0x7b) this.#push({ kind: 'object', object: {}, name: undefined, names: 0 })
    else if (byte === 0x5b) this.#push({ kind: 'array', items: [] })
    else if (byte === 0x74) this.#readWord('true', true)
    else if (byte === 0x66) this.#readWord('false', false)
    else if (byte === 0x6e) this.#readWord('null', null)
    else this.#readNumber()
  }

  #push(container: Container): void {
    if (this.#open.length >= this.#limits.maxJsonDepth) throw new JsonError({ kind: 'tooDeep' })
    this.#place(container.kind === 'array' ? container.items : container.object)
    this.#open.push(container)
    this.#at += 1
    this.#expected = container.kind === 'array' ? 'valueOrEnd' : 'nameOrEnd'
  }

  #close(): void {
    this.#open.pop()
    this.#at += 1
    this.#expected = this.#open.length === 0 ? 'nothing' : 'commaOrEnd'
  }

  /** Puts a value where it belongs. */
  #place(value: unknown): void {
    this.#nodes += 1
    const { maxJsonNodes, maxArrayItems, maxObjectNames } = this.#limits
    if (this.#nodes > maxJsonNodes) throw tooMany('maxJsonNodes')
    const container = this.#open.at(-1)
    this.#expected = container === undefined ? 'nothing' : 'commaOrEnd'
    if (container === undefined) this.#value = value
    else if (container.kind === 'array') {
      if (container.items.length >= maxArrayItems) throw tooMany('maxArrayItems')
      container.items.push(value)
    } else {
      container.names += 1
      if (container.names > maxObjectNames) throw tooMany('maxObjectNames')
      setMember(container.object, container.name ?? '', value)
      container.name = undefined
    }
  }

  #readWord(word: string, value: boolean | null): void {
    const end = this.#at + word.length
    if (this.#bytes.toString('latin1', this.#at, end) !== word) throw notJson()
    this.#at = end
    this.#place(value)
  }

  #readNumber(): void {
    let end = this.#at
    while (end < this.#bytes.length && isNumberByte(this.#bytes[end] ?? 0)) {
      end += 1
      if (end - this.#at > maxNumberLength) throw notJson()
    }
    const text = this.#bytes.toString('latin1', this.#at, end)
    if (!/^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) throw notJson()
    this.#at = end
    this.#place(Number(text))
  }

  #beginString(byte: number): void {
    if (byte !== quote) throw notJson()
    this.#at += 1
    this.#string = new StringReader(this.#bytes, this.#at)
  }

  #readString(until: number): void {
    const string = this.#string
    if (string === undefined) return
    this.#at = string.readOn(until)
    if (!string.isDone) return
    this.#string = undefined
    const container = this.#open.at(-1)
    const isName = this.#expected === 'name' || this.#expected === 'nameOrEnd'
    if (isName && container?.kind === 'object') {
      container.name = string.text
      this.#expected = 'colon'
    } else this.#place(string.text)
  }
}

/** One string, from behind its opening quote to behind its closing one. */
class StringReader {
  readonly #bytes: Buffer
  /** Up to where it is text already. */
  #start: number
  #at: number
  #hasEscape = false
  #isAscii = true
  /** A high surrogate whose other half comes with the next piece. */
  #held = ''
  text = ''
  isDone = false

  constructor(bytes: Buffer, start: number) {
    this.#bytes = bytes
    this.#start = start
    this.#at = start
  }

  /** Answers up to where it has read. @throws JsonError */
  readOn(until: number): number {
    const bytes = this.#bytes
    let at = this.#at
    while (at < until) {
      const byte = bytes[at] ?? 0
      if (byte === quote) {
        this.#take(at)
        if (this.#held !== '') throw notJson()
        this.isDone = true
        return at + 1
      }
      if (byte < 0x20) throw notJson()
      // A piece never ends inside a character or an escape.
      if (at - this.#start >= stringPiece && (byte & 0xc0) !== 0x80) this.#take(at)
      if (byte >= 0x80) this.#isAscii = false
      if (byte === backslash) {
        this.#hasEscape = true
        at += bytes[at + 1] === 0x75 ? 6 : 2
      } else at += 1
    }
    if (at > bytes.length) throw notJson()
    this.#at = at
    return at
  }

  #take(end: number): void {
    const { text, isWellFormed, held } = this.#decode(end)
    if (!isWellFormed) throw notJson()
    this.text += text
    this.#held = held
    this.#start = end
    this.#hasEscape = false
    this.#isAscii = true
  }

  #decode(end: number): { text: string; isWellFormed: boolean; held: string } {
    const raw = this.#bytes.toString(this.#isAscii ? 'latin1' : 'utf8', this.#start, end)
    if (!this.#hasEscape && this.#held === '') return { text: raw, isWellFormed: true, held: '' }
    const text = this.#held + (this.#hasEscape ? unescaped(raw) : raw)
    const last = text.charCodeAt(text.length - 1)
    const isHalf = last >= 0xd800 && last <= 0xdbff
    const whole = isHalf ? text.slice(0, -1) : text
    return {
      text: whole,
      // An escape can make what UTF-8 cannot.
      isWellFormed: whole.isWellFormed(),
      held: isHalf ? text.slice(-1) : '',
    }
  }
}

function unescaped(raw: string): string {
  try {
    return JSON.parse(`"${raw}"`) as string
  } catch {
    throw notJson()
  }
}

/** As JSON.parse does: `__proto__` is a name like any other. */
function setMember(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, {
      value,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  else object[name] = value
}

// 0-9 + - . e E
function isNumberByte(byte: number): boolean {
  return (
    (byte >= 0x30 && byte <= 0x39) ||
    byte === 0x2d ||
    byte === 0x2b ||
    byte === 0x2e ||
    byte === 0x65 ||
    byte === 0x45
  )
}

function notJson(): JsonError {
  return new JsonError({ kind: 'notJson' })
}

function tooMany(limit: keyof JsonLimits): JsonError {
  return new JsonError({ kind: 'tooMany', limit })
}
