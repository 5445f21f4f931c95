import { decodeWords, headerFields, rawValue, unfold } from '@gatepost/mime'

import { foldText } from '../fold-text.ts'
import type { Sql } from '../sql.ts'
import { readChunk } from '../writer/blobs.ts'

/** Whether a field with this name contains the text, as written or decoded. Looks at the first chunk of the message. */
export function headerContains(sql: Sql, blob: number, name: string, folded: string): boolean {
  const bytes = readChunk(sql, blob, 0)
  if (bytes === undefined) return false
  return headerFields(bytes, 0, bytes.byteLength).some((field) => {
    if (field.name.toLowerCase() !== name) return false
    if (folded === '') return true
    const raw = unfold(rawValue(bytes, field))
    return foldText(decodeWords(raw)).includes(folded) || foldText(raw).includes(folded)
  })
}
