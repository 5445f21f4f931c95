import { isMarkedAsUntransferable, parentPort } from 'node:worker_threads'

import { prepareBlob, prepareMessage, type WorkerMessage } from '@gatepost/store-model'

import type { Prepared, PrepareReply, PrepareRequest } from './protocol.ts'

function prepareAll(requests: readonly PrepareRequest[]): PrepareReply {
  const ids: number[] = []
  const prepared: Prepared[] = []
  const failed: { id: number; error: string }[] = []
  for (const { id, kind, content } of requests)
    try {
      prepared.push(kind === 'message' ? prepareMessage(content) : prepareBlob(content))
      ids.push(id)
    } catch (error) {
      failed.push({
        id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      })
    }
  return { ids, prepared, failed }
}

/** What need not be copied on its way back: memory that is this thread's alone. */
function buffersOf({ prepared }: PrepareReply): ArrayBuffer[] {
  const buffers = prepared.flatMap(({ chunks }) => chunks.map(({ bytes }) => bytes.buffer))
  return [...new Set(buffers)].filter(
    (buffer) => buffer instanceof ArrayBuffer && !isMarkedAsUntransferable(buffer),
  ) as ArrayBuffer[]
}

// The entry of the thread: this module is imported by none.
const port = parentPort
port?.on('message', (message: WorkerMessage<PrepareRequest>) => {
  if (message.kind === 'close') {
    port.close()
    return
  }
  const reply = prepareAll(message.requests)
  port.postMessage(reply, buffersOf(reply))
})
