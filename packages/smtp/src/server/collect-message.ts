import type { Readable } from 'node:stream'

import type { MemoryBudget } from '@gatepost/core'

import { replies } from '../session/smtp-reply.ts'

/**
 * The whole message, charged to the budget: the caller gives its length back. Reads to the end whatever happens: the reply to DATA comes after the final dot.
 * @throws SmtpReply 552 over `maxBytes`, 452 over the budget, 451 when the client has gone
 */
export async function collectMessage(
  stream: Readable,
  limits: { readonly maxBytes: number; readonly budget: MemoryBudget },
): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  let isOverBudget = false
  // Not an async iterator: for small messages its promises would cost more than the rest.
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size > limits.maxBytes || isOverBudget) {
      limits.budget.give(drop(chunks))
      return
    }
    isOverBudget = !limits.budget.take(chunk.length)
    if (isOverBudget) limits.budget.give(drop(chunks))
    else chunks.push(chunk)
  })
  try {
    await ended(stream)
  } catch (error) {
    limits.budget.give(drop(chunks))
    // How smtp-server ends the stream when the client has gone: everyday, and no failure of ours.
    const isClientGone = error instanceof Error && 'code' in error && error.code === 'ECONNECTION'
    throw isClientGone ? replies.connectionLost() : error
  }
  if (size > limits.maxBytes) throw replies.tooLarge()
  if (isOverBudget) throw replies.noMemory()
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)
}

function ended(stream: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('end', resolve).once('error', reject)
    // Closed behind its end too, once for each message: no error is made for that.
    stream.once('close', () => {
      if (!stream.readableEnded) reject(replies.connectionLost())
    })
  })
}

function drop(chunks: Buffer[]): number {
  return chunks.splice(0).reduce((sum, chunk) => sum + chunk.length, 0)
}
