import type { Cost, RequestBudget } from '../budget/request-budget.ts'
import { escaped, LongText, piecesOf } from './long-text.ts'

/** Values looked at before they are charged together. */
const batchNodes = 512

/**
 * Charges a value for what it is as JSON, while it is looked at: one that stands for more than the budget has (a value may hold the same one many times)
 * is looked at no further than that. `isAnswer`: its bytes are those of the response. @throws BudgetExceeded
 */
export async function weigh(
  value: unknown,
  budget: RequestBudget,
  isAnswer: boolean,
): Promise<void> {
  const waiting: unknown[] = [value]
  let nodes = 0
  let bytes = 0
  const pay = (): Promise<void> => {
    const cost: Cost = isAnswer ? { nodes, answer: bytes } : { nodes, bytes }
    nodes = 0
    bytes = 0
    return budget.step(cost)
  }
  while (waiting.length > 0) {
    const next = waiting.pop()
    nodes += 1
    bytes += ownBytes(next)
    if (typeof next === 'string' && next.length > longString)
      for (const piece of piecesOf(next)) {
        bytes += escaped(piece).length
        await pay()
      }
    else if (Array.isArray(next)) for (const item of next as unknown[]) waiting.push(item)
    else if (isPlain(next))
      for (const [name, inner] of Object.entries(next)) {
        bytes += jsonBytes(name) + 2
        waiting.push(inner)
      }
    if (nodes >= batchNodes) await pay()
  }
  await pay()
}

const longString = 1000

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(value instanceof LongText)
}

function ownBytes(value: unknown): number {
  if (typeof value === 'string') return value.length > longString ? 2 : jsonBytes(value) + 1
  if (value instanceof LongText) return value.bytes + 2
  return typeof value === 'number' ? 24 : 6
}

/** With its quotes. Of a long one the most that it may be: looking at all of it would take too long, and no honest name is so long. */
function jsonBytes(text: string): number {
  return text.length > longString ? text.length * 6 : Buffer.byteLength(JSON.stringify(text))
}
