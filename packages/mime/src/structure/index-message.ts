import { asBuffer } from '../as-buffer.ts'
import { previewOf } from '../body/preview.ts'
import { defaultLimits, type MimeLimits } from '../limits.ts'
import type { MimeIndex } from '../mime-index.ts'
import { hasAttachments } from './body-lists.ts'
import { EntityReader } from './entity-reader.ts'

/**
 * The index of a raw message, found in one pass. Never throws, whatever the bytes:
 * broken structure has a defined reading (see the README), and what lies beyond a limit is opaque.
 */
export function indexMessage(bytes: Uint8Array, limits: Partial<MimeLimits> = {}): MimeIndex {
  const buffer = asBuffer(bytes)
  const reader = new EntityReader(buffer, { ...defaultLimits, ...limits })
  const { root, envelope } = reader.readMessage('', 0)
  return {
    version: 3,
    root,
    envelope,
    preview: previewOf(buffer, root),
    hasAttachment: hasAttachments(root),
    isTruncated: reader.isTruncated,
  }
}
