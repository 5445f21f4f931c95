import type { Sql } from '../../sql.ts'
import { readBlobRange } from '../../writer/blobs.ts'
import type { ContentClient } from './content-client.ts'

/** Blobs above this are read in the content thread: their pages are less likely to be in memory, and a slow disk is to hold up who asked, and nobody else. */
const maxOwnBytes = 262_144

export interface ContentSource {
  readonly sql: Sql
  readonly content: ContentClient
}

/** From start up to end, both within the blob. @throws MailError busy `store.busy` */
export async function readContent(
  { sql, content }: ContentSource,
  blob: { readonly blob_id: number; readonly size: number },
  start = 0,
  end: number = blob.size,
): Promise<Buffer> {
  const elsewhere =
    blob.size > maxOwnBytes ? await content.range(blob.blob_id, start, end) : undefined
  // What has been deleted since is in the snapshot of the asker alone.
  return elsewhere ?? readBlobRange(sql, blob.blob_id, start, end)
}
