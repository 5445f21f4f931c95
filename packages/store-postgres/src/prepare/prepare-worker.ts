import { isMarkedAsUntransferable, parentPort } from 'node:worker_threads'

import { prepareBlob, prepareMessage, type WorkerMessage } from '@gatepost/store-model'

import type { Prepared, PrepareReply, PrepareRequest } from './protocol.ts'

function prepare({ id, kind, content }: PrepareRequest): PrepareReply {
  try {
    return { id, prepared: kind === 'message' ? prepareMessage(content) : prepareBlob(content) }
  } catch (error) {
    return { id, error: error instanceof Error ? (error.stack ?? error.message) : String(error) }
  }
}

/** What need not be copied on its way back: memory that is this thread's alone. `later`: requests that may be over the same bytes. */
function buffersOf({ chunks }: Prepared, later: readonly PrepareRequest[]): ArrayBuffer[] {
  const kept = new Set(
    later.map(({ content }) => (content instanceof Uint8Array ? content.buffer : undefined)),
  )
  const buffers = new Set<ArrayBuffer>()
  for (const { bytes } of chunks) {
    const { buffer } = bytes
    const isOwn = buffer instanceof ArrayBuffer && !isMarkedAsUntransferable(buffer)
    if (isOwn && !kept.has(buffer)) buffers.add(buffer)
  }
  return [...buffers]
}

// The entry of the thread: this module is imported by none.
const port = parentPort
port?.on('message', (message: WorkerMessage<PrepareRequest>) => {
  if (message.kind === 'close') {
    port.close()
    return
  }
  for (const [at, request] of message.requests.entries()) {
    const reply = prepare(request)
    const later = message.requests.slice(at + 1)
    port.postMessage(reply, 'prepared' in reply ? buffersOf(reply.prepared, later) : [])
  }
})
