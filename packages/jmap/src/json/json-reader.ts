import { JsonError, notJson, tooMany, type JsonLimits } from './json-fault.ts'
import { StringReader } from './string-reader.ts'

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
const maxNumberLength = 1000

/**
 * Reads JSON (RFC 8259) that is valid UTF-8 a piece at a time, so that no document holds the event loop, and counts as it goes, so that none is built that is
 * over a limit. I-JSON (RFC 7493): no byte order mark, no lone surrogates, no name twice in one object.
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
      if (Object.hasOwn(container.object, string.text)) throw notJson()
      container.name = string.text
      this.#expected = 'colon'
    } else this.#place(string.text)
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
