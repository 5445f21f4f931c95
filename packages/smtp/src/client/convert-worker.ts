import { parentPort, workerData } from 'node:worker_threads'

import { makeSendable, type SendableOptions } from '@gatepost/mime'

/** The thread of `convertMessage`: one message, one answer. */
const { bytes, options } = workerData as {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly options: SendableOptions
}
const result = makeSendable(Buffer.from(bytes.buffer), options)
if (result.kind === 'message') {
  // Of a size that has memory of its own.
  const content = new Uint8Array(result.content.buffer as ArrayBuffer)
  parentPort?.postMessage({ kind: 'message', content }, [content.buffer])
} else parentPort?.postMessage(result, [])
