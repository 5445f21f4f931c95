import type { RequestBudget } from '../budget/request-budget.ts'
import { isWithin } from './is-within.ts'
import { escaped, LongText, piecesOf } from './long-text.ts'

/** What is written in one go. */
const small = { nodes: 500, length: 32_768 }

/** JSON in pieces, each written in its turn; they belong together as they are. The value has been paid for. */
export async function writeJson(value: unknown, budget: RequestBudget): Promise<Buffer[]> {
  const writer = new JsonWriter(budget)
  await writer.write(value)
  return writer.pieces()
}

class JsonWriter {
  readonly #budget: RequestBudget
  readonly #pieces: Buffer[] = []
  #text = ''

  constructor(budget: RequestBudget) {
    this.#budget = budget
  }

  pieces(): Buffer[] {
    this.#flush()
    return this.#pieces
  }

  async write(value: unknown): Promise<void> {
    if (value instanceof LongText) {
      this.#text += '"'
      this.#flush()
      for (const piece of value.pieces) this.#pieces.push(piece)
      this.#text += '"'
    } else if (isWithin(value, small)) await this.#add(JSON.stringify(value))
    else if (typeof value === 'string') await this.#writeString(value)
    else if (Array.isArray(value)) await this.#writeArray(value)
    else if (typeof value === 'object' && value !== null) await this.#writeObject(value)
  }

  async #writeString(text: string): Promise<void> {
    this.#text += '"'
    for (const piece of piecesOf(text)) {
      await this.#budget.work(piece.length)
      this.#flush()
      this.#pieces.push(escaped(piece))
    }
    this.#text += '"'
  }

  async #writeArray(items: readonly unknown[]): Promise<void> {
    this.#text += '['
    for (const [at, item] of items.entries()) {
      if (at > 0) this.#text += ','
      await this.write(item === undefined ? null : item)
    }
    this.#text += ']'
  }

  async #writeObject(object: object): Promise<void> {
    this.#text += '{'
    let isFirst = true
    for (const [name, inner] of Object.entries(object) as [string, unknown][]) {
      if (inner === undefined) continue
      this.#text += `${isFirst ? '' : ','}${JSON.stringify(name)}:`
      isFirst = false
      await this.write(inner)
    }
    this.#text += '}'
  }

  async #add(text: string): Promise<void> {
    await this.#budget.work(text.length * 2)
    this.#text += text
    if (this.#text.length >= small.length) this.#flush()
  }

  #flush(): void {
    if (this.#text !== '') this.#pieces.push(Buffer.from(this.#text, 'utf8'))
    this.#text = ''
  }
}
