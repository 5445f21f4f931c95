import type { BlobId } from '@gatepost/core'
import type { MimePart } from '@gatepost/mime'

import type { RequestBudget } from '../budget/request-budget.ts'
import { MessageSource, type ReadRange } from './message-source.ts'

/** What a blob id leads to: bytes as they are, or a part of a message to be decoded. */
export type BlobPlace =
  | {
      readonly kind: 'whole'
      readonly blobId: BlobId
      readonly read: ReadRange
      readonly size: number
    }
  | {
      readonly kind: 'part'
      /** Of the message. */
      readonly read: ReadRange
      readonly part: MimePart
      /** Bytes before decoding: the decoded ones are no more. */
      readonly size: number
    }

/** All the bytes, read and decoded in turns. @throws BudgetExceeded; MailError `blob.notFound` when they went away meanwhile */
export async function readBlob(
  place: BlobPlace,
  budget: RequestBudget,
): Promise<Buffer<ArrayBuffer>> {
  const content = ownMemory(place.size)
  let at = 0
  for await (const piece of blobPieces(place, budget)) {
    await budget.work(piece.length / copiesPerUnit)
    at += piece.copy(content, at)
  }
  return content.subarray(0, at)
}

/** @throws BudgetExceeded, MailError */
export function blobPieces(place: BlobPlace, budget: RequestBudget): AsyncIterable<Buffer> {
  const source = new MessageSource(place.read, budget)
  if (place.kind === 'part') return source.octets(place.part)
  budget.charge({ bytes: place.size })
  return source.raw(0, place.size)
}

/** One buffer of many, copied in turns. */
export async function joined(pieces: readonly Buffer[], budget: RequestBudget): Promise<Buffer> {
  const whole = ownMemory(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    await budget.work(piece.length / copiesPerUnit)
    at += piece.copy(whole, at)
  }
  return whole
}

/** A buffer that is a part of the pool would cross to another thread with the pool. */
function ownMemory(bytes: number): Buffer<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(bytes)
}

/** Copying is that much cheaper than decoding. */
const copiesPerUnit = 8
