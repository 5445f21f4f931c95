import type { BlobId, EmailId, MailReader } from '@gatepost/core'
import { findPart, type MimePart } from '@gatepost/mime'

import { MessageSource } from './message-source.ts'
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

/** All the bytes. */
export function readBlob(reader: MailReader, place: BlobPlace): Buffer {
  return place.kind === 'whole'
    ? (reader.blobs.range(place.blobId, 0, place.size) ?? Buffer.alloc(0))
    : MessageSource.ofBlob(reader, place.blobId).body(place.part)
}
