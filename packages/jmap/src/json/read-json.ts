import { isUtf8 } from 'node:buffer'

import type { RequestBudget } from '../budget/request-budget.ts'
import { JsonError, type JsonFault, type JsonLimits } from './json-fault.ts'
import { JsonReader } from './json-reader.ts'

export type JsonText = { readonly kind: 'value'; readonly value: unknown } | JsonFault

/** What is read in one turn, and charged before. */
const pieceBytes = 65_536
const pieceNodes = 1024

/** JSON in UTF-8, read within the budget. @throws BudgetExceeded */
export async function readJson(
  bytes: Buffer,
  limits: JsonLimits,
  budget: RequestBudget,
): Promise<JsonText> {
  // A few milliseconds for the largest request: Node does this with the processor's widest registers.
  await budget.step({ bytes: pieceBytes })
  if (!isUtf8(bytes)) return { kind: 'notJson' }
  const reader = new JsonReader(bytes, limits)
  try {
    for (;;) {
      await budget.step({
        bytes: Math.min(pieceBytes, bytes.length - reader.at),
        nodes: Math.min(pieceNodes, bytes.length - reader.at),
      })
      if (reader.readOn(pieceBytes, pieceNodes)) return { kind: 'value', value: reader.value }
    }
  } catch (error) {
    if (error instanceof JsonError) return error.fault
    throw error
  }
}
