import { indexMessage, type MimeIndex } from '@gatepost/mime'

import { toWire } from '../../errors.ts'
import type { Sql } from '../../sql.ts'
import { readBlob, readBlobRange } from '../../writer/blobs.ts'
import type { ContentReply, ContentRequest } from './protocol.ts'

/** Answers in the content thread. */
export function runContent(sql: Sql, request: ContentRequest): ContentReply {
  const { id, blob } = request
  try {
    if (sql.get('SELECT 1 FROM blob WHERE id = ?', blob) === undefined) return { id, content: null }
    return { id, content: contentOf(sql, request) }
  } catch (error) {
    return { id, error: toWire(error) }
  }
}

function contentOf(sql: Sql, request: ContentRequest): Uint8Array<ArrayBuffer> | MimeIndex {
  if (request.kind === 'index') return indexMessage(readBlob(sql, request.blob, request.size))
  // With memory of its own, which can be given away.
  return new Uint8Array(readBlobRange(sql, request.blob, request.start, request.end))
}
