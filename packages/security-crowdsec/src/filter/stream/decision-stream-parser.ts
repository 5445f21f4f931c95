import { DecisionBatch } from './decision-batch.ts'
import { FastDecisionReader } from './fast-decision-reader.ts'
import { endOfValue } from './json-extent.ts'
import { decisionIdOf, readDecision } from './lapi-decision.ts'

/** No honest decision is longer. */
const maxItemBytes = 65_536
const maxItems = 2_000_000

type Expected =
  | 'object'
  | 'first key'
  | 'key'
  | 'colon'
  | 'value'
  | 'first item'
  | 'item'
  | 'after item'
  | 'after value'
  | 'nothing'

const code = {
  '{': 0x7b,
  '}': 0x7d,
  '[': 0x5b,
  ']': 0x5d,
  ',': 0x2c,
  ':': 0x3a,
  '"': 0x22,
} as const

/**
 * Reads an answer of `/v1/decisions/stream` (`{"new": [...], "deleted": [...]}`, null for an empty list in release 1.4.6) piece by piece, as it
 * arrives: a megabyte takes about five milliseconds, a piece of a socket less than one, so the event loop turns between them and
 * the text of the whole answer is never in memory. Answers everything or, where the text is broken or cut short, nothing.
 */
export class DecisionStreamParser {
  readonly #batch = new DecisionBatch()
  readonly #fast = new FastDecisionReader()
  #expected: Expected = 'object'
  #key = ''
  #hasList = false
  #rest: Uint8Array = new Uint8Array(0)
  #at = 0

  /** @throws SyntaxError for what is no such answer */
  push(chunk: Uint8Array): void {
    this.#rest =
      this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest.subarray(this.#at), chunk])
    this.#at = 0
    while (this.#step());
    if (this.#rest.length - this.#at > maxItemBytes) throw new SyntaxError('a decision is too long')
    if (this.#at === this.#rest.length) this.#rest = new Uint8Array(0)
  }

  /** @throws SyntaxError when the end is missing */
  finish(): DecisionBatch {
    if (this.#expected !== 'nothing') throw new SyntaxError('the answer is cut short, or no JSON')
    if (!this.#hasList) throw new SyntaxError('the answer is no list of decisions')
    return this.#batch
  }

  /** One token further; false when the bytes do not reach that far. */
  #step(): boolean {
    this.#skipSpace()
    if (this.#at >= this.#rest.length) return false
    switch (this.#expected) {
      case 'object':
        return this.#take('{', 'first key')
      case 'first key':
        return this.#is('}') ? this.#take('}', 'nothing') : this.#readKey()
      case 'key':
        return this.#readKey()
      case 'colon':
        return this.#take(':', 'value')
      case 'value':
        return this.#readValue()
      case 'first item':
        return this.#is(']') ? this.#take(']', 'after value') : this.#readItem()
      case 'item':
        return this.#readItem()
      case 'after item':
        return this.#is(',') ? this.#take(',', 'item') : this.#take(']', 'after value')
      case 'after value':
        return this.#is(',') ? this.#take(',', 'key') : this.#take('}', 'nothing')
      case 'nothing':
        throw new SyntaxError('the answer goes on after its end')
    }
  }

  #readKey(): boolean {
    if (!this.#is('"')) throw new SyntaxError('the answer is no JSON')
    const end = endOfValue(this.#rest, this.#at)
    if (end === -1) return false
    this.#key = String(this.#json(end))
    this.#expected = 'colon'
    return true
  }

  #readValue(): boolean {
    const isList = this.#key === 'new' || this.#key === 'deleted'
    this.#hasList ||= isList
    if (isList && this.#is('[')) return this.#take('[', 'first item')
    const end = endOfValue(this.#rest, this.#at)
    if (end === -1) return false
    const value = this.#json(end)
    if (isList && value !== null) throw new SyntaxError('the answer is no list of decisions')
    this.#expected = 'after value'
    return true
  }

  #readItem(): boolean {
    const fast = this.#fast
    const fastEnd = fast.read(this.#rest, this.#at)
    const end = fastEnd === -1 ? endOfValue(this.#rest, this.#at) : fastEnd
    if (end === -1) return false
    if (this.#batch.size + this.#batch.deleted.length >= maxItems)
      throw new SyntaxError(`more than ${maxItems} decisions`)
    if (fastEnd === -1) this.#keep(this.#json(end))
    else {
      this.#at = end
      this.#keepFast()
    }
    this.#expected = 'after item'
    return true
  }

  #keepFast(): void {
    if (this.#key === 'deleted') this.#batch.deleted.push(this.#fast.id)
    else this.#batch.addV4(this.#fast)
  }

  #keep(item: unknown): void {
    if (this.#key === 'deleted') {
      const id = decisionIdOf(item)
      if (id !== undefined) this.#batch.deleted.push(id)
      return
    }
    const decision = readDecision(item)
    if (decision !== undefined) {
      this.#batch.add(decision)
      return
    }
    this.#batch.unreadable += 1
    // It is there, even if it concerns nobody here: a list of such decisions is no empty list.
    const id = decisionIdOf(item)
    if (id !== undefined) this.#batch.unreadableIds.push(id)
  }

  #json(end: number): unknown {
    const text = Buffer.from(
      this.#rest.buffer,
      this.#rest.byteOffset + this.#at,
      end - this.#at,
    ).toString('utf8')
    this.#at = end
    return JSON.parse(text)
  }

  #is(character: keyof typeof code): boolean {
    return this.#rest[this.#at] === code[character]
  }

  #take(character: keyof typeof code, next: Expected): boolean {
    if (!this.#is(character)) throw new SyntaxError('the answer is no JSON')
    this.#at += 1
    this.#expected = next
    return true
  }

  #skipSpace(): void {
    for (;;) {
      const byte = this.#rest[this.#at]
      if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) return
      this.#at += 1
    }
  }
}
