import { closeSync, openSync, readSync } from 'node:fs'

import type { NewContent, SpooledContent } from '@gatepost/core'

/** The bytes of what the store is given. For a thread in which reading a file holds nobody up. @throws Error of the file system, or for a file that is too short */
export function readContent(content: NewContent): Uint8Array {
  return content instanceof Uint8Array ? content : readSpooled(content)
}

function readSpooled({ path, head, from, size }: SpooledContent): Uint8Array {
  const bytes = Buffer.allocUnsafeSlow(size)
  bytes.set(head)
  const file = openSync(path, 'r')
  try {
    for (let at = head.byteLength; at < size;) {
      const read = readSync(file, bytes, at, size - at, from + at - head.byteLength)
      if (read === 0) throw new Error(`a spooled message ends ${size - at} bytes too early`)
      at += read
    }
  } finally {
    closeSync(file)
  }
  return bytes
}
