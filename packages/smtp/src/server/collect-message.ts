import type { MemoryBudget } from '@gatepost/core'

import { replies } from '../session/smtp-reply.ts'

/**
 * The whole message, charged to the budget: the caller gives its length back. Reads to the end whatever happens: the reply to DATA comes after the final dot.
 * @throws SmtpReply 552 over `maxBytes`, 452 over the budget, 451 when the client has gone
 */
export async function collectMessage(
  stream: AsyncIterable<Buffer>,
  limits: { readonly maxBytes: number; readonly budget: MemoryBudget },
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  let isOverBudget = false
  try {
    for await (const chunk of stream) {
      size += chunk.length
      if (size > limits.maxBytes || isOverBudget) {
        limits.budget.give(drop(chunks))
        continue
      }
      isOverBudget = !limits.budget.take(chunk.length)
      if (isOverBudget) limits.budget.give(drop(chunks))
      else chunks.push(chunk)
    }
  } catch (error) {
    limits.budget.give(drop(chunks))
    // How smtp-server ends the stream when the client has gone: everyday, and no failure of ours.
    const isClientGone = error instanceof Error && 'code' in error && error.code === 'ECONNECTION'
    throw isClientGone ? replies.connectionLost() : error
  }
  if (size > limits.maxBytes) throw replies.tooLarge()
  if (isOverBudget) throw replies.noMemory()
  return Buffer.concat(chunks)
}

function drop(chunks: Buffer[]): number {
  return chunks.splice(0).reduce((sum, chunk) => sum + chunk.length, 0)
}
