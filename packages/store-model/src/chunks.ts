import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'

/** Content is cut so that a range of a large blob can be read alone. */
export const chunkBytes = 262_144

/** A piece of content as it is stored: encoding 0 is as it is, 1 is zstd. */
export interface Chunk {
  readonly encoding: number
  readonly bytes: Uint8Array
}

/** Smaller ones save no page worth the time of every reader. */
const minCompressedBytes = 16_384
/** What is not a tenth smaller stays as it is. */
const worthwhile = 0.9
const fast = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

export function packChunks(content: Uint8Array): Chunk[] {
  const chunks: Chunk[] = []
  for (let start = 0; start < content.byteLength; start += chunkBytes)
    chunks.push(packChunk(content.subarray(start, start + chunkBytes)))
  return chunks
}

function packChunk(bytes: Uint8Array): Chunk {
  if (bytes.byteLength < minCompressedBytes) return { encoding: 0, bytes }
  const compressed = zstdCompressSync(bytes, fast)
  return compressed.byteLength <= bytes.byteLength * worthwhile
    ? { encoding: 1, bytes: compressed }
    : { encoding: 0, bytes }
}

/** @throws Error for bytes that are not what was stored */
export function unpackChunk({ encoding, bytes }: Chunk): Uint8Array {
  if (encoding === 0) return bytes
  if (encoding === 1) return zstdDecompressSync(bytes, { maxOutputLength: chunkBytes })
  throw new Error(`unknown encoding ${encoding} of a chunk`)
}
