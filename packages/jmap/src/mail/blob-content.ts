import type { BlobId, EmailId, MailReader } from '@gatepost/core'
import { findPart, type MimePart } from '@gatepost/mime'

import type { RequestBudget } from '../budget/request-budget.ts'
import { MessageSource, type ReadRange } from './message-source.ts'
import { parsePartBlobId } from './part-blob-id.ts'

/** What a blob id leads to: bytes as they are, or a part of an email to be decoded. */
export type BlobPlace =
  | { readonly kind: 'whole'; readonly blobId: BlobId; readonly size: number }
  | {
      readonly kind: 'part'
      readonly blobId: BlobId
      readonly part: MimePart
      /** Bytes before decoding: the decoded ones are no more. */
      readonly size: number
    }

export function findBlob(reader: MailReader, id: string): BlobPlace | undefined {
  const size = reader.blobs.size(id as BlobId)
  if (size !== undefined) return { kind: 'whole', blobId: id as BlobId, size }
  const named = parsePartBlobId(id)
  if (named === undefined) return undefined
  const [email] = reader.emails.get([named.emailId as EmailId])
  if (email === undefined) return undefined
  const index = reader.emails.index(email.id)
  const part = index === undefined ? undefined : findPart(index.root, named.section)
  if (part === undefined || part.parts.length > 0) return undefined
  return { kind: 'part', blobId: email.blobId, part, size: part.bodyEnd - part.bodyStart }
}

/** All the bytes, read and decoded in turns. @throws BudgetExceeded; MailError `blob.notFound` when they went away meanwhile */
export async function readBlob(
  place: BlobPlace,
  read: ReadRange,
  budget: RequestBudget,
): Promise<Buffer> {
  const pieces: Buffer[] = []
  for await (const piece of blobPieces(place, read, budget)) pieces.push(piece)
  return joined(pieces, budget)
}

/** @throws BudgetExceeded, MailError */
export function blobPieces(
  place: BlobPlace,
  read: ReadRange,
  budget: RequestBudget,
): AsyncIterable<Buffer> {
  const source = new MessageSource(place.blobId, read, budget)
  if (place.kind === 'part') return source.octets(place.part)
  budget.charge({ bytes: place.size })
  return source.raw(0, place.size)
}

/** One buffer of many, copied in turns. */
export async function joined(pieces: readonly Buffer[], budget: RequestBudget): Promise<Buffer> {
  // Of its own: one that is a part of the pool would cross to the store's thread with the pool.
  const whole = Buffer.allocUnsafeSlow(pieces.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const piece of pieces) {
    await budget.work(piece.length / copiesPerUnit)
    at += piece.copy(whole, at)
  }
  return whole
}

/** Copying is that much cheaper than decoding. */
const copiesPerUnit = 8
