import { decodeWords, headerFields, rawValue, unfold } from '@gatepost/mime'
import { foldText } from '@gatepost/store-model'

import type { Sql } from '../sql.ts'
import { readChunk } from '../writer/blobs.ts'

/** Fields looked at: as many as the index reads. */
const maxFields = 2_000

/** Whether a field of a message contains a text. Conditions come message by message: the header of the last one is kept, taken apart. */
export class HeaderSearch {
  readonly #sql: Sql
  #blob: number | undefined
  /** By name in lower case: the values as written and decoded, folded. */
  #fields = new Map<string, string[]>()

  constructor(sql: Sql) {
    this.#sql = sql
  }

  /** `name` in lower case, `folded` as foldText makes it; '' asks for the field alone. Looks at the first chunk of the message. */
  contains(blob: number, name: string, folded: string): boolean {
    return (
      this.#fieldsOf(blob)
        .get(name)
        ?.some((value) => value.includes(folded)) ?? false
    )
  }

  /** In some field, its name included. */
  containsAnywhere(blob: number, folded: string): boolean {
    if (folded === '') return true
    for (const [name, values] of this.#fieldsOf(blob))
      for (const value of values) if (`${name}:${value}`.includes(folded)) return true
    return false
  }

  #fieldsOf(blob: number): ReadonlyMap<string, readonly string[]> {
    if (blob !== this.#blob) {
      this.#fields = fieldsOf(readChunk(this.#sql, blob, 0))
      this.#blob = blob
    }
    return this.#fields
  }

  /** The next search is over another snapshot. */
  forget(): void {
    this.#blob = undefined
    this.#fields = new Map()
  }
}

/** All that `containsAnywhere` looks through, for the full-text index. */
export function headerSearchText(sql: Sql, blob: number): string {
  const lines: string[] = []
  for (const [name, values] of fieldsOf(readChunk(sql, blob, 0)))
    for (const value of values) lines.push(`${name}:${value}`)
  return lines.join('\n')
}

function fieldsOf(bytes: Uint8Array | undefined): Map<string, string[]> {
  const fields = new Map<string, string[]>()
  if (bytes === undefined) return fields
  for (const field of headerFields(bytes, 0, bytes.byteLength, maxFields)) {
    const raw = unfold(rawValue(bytes, field))
    const values = [foldText(raw)]
    if (raw.includes('=?')) values.push(foldText(decodeWords(raw)))
    const name = field.name.toLowerCase()
    const known = fields.get(name)
    if (known === undefined) fields.set(name, values)
    else known.push(...values)
  }
  return fields
}
