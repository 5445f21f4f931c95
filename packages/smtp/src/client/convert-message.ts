import { once } from 'node:events'
import { Worker } from 'node:worker_threads'

import { makeSendable, type Obstacle, type Sendable, type SendableOptions } from '@gatepost/mime'

/** Up to here the event loop is held for a few milliseconds; more has a thread of its own. */
const maxInlineBytes = 131_072

type Answer =
  | { readonly kind: 'message'; readonly content: Uint8Array<ArrayBuffer> }
  | { readonly kind: 'unsendable'; readonly obstacle: Obstacle }

let last: Promise<unknown> = Promise.resolve()

/**
 * `makeSendable` beside the event loop. Large messages one at a time: one of 50 MB may take 400 MB in the meantime.
 * @throws when the signal aborts, or the thread dies
 */
export function convertMessage(
  content: Buffer,
  options: SendableOptions,
  signal: AbortSignal,
): Promise<Sendable> {
  if (content.length <= maxInlineBytes) return Promise.resolve(makeSendable(content, options))
  const result = last.then(() => inThread(content, options, signal))
  last = result.catch(() => undefined)
  return result
}

async function inThread(
  content: Buffer,
  options: SendableOptions,
  signal: AbortSignal,
): Promise<Sendable> {
  signal.throwIfAborted()
  const bytes = new Uint8Array(content)
  const worker = new Worker(new URL('./convert-worker.ts', import.meta.url), {
    workerData: { bytes, options },
    transferList: [bytes.buffer],
  })
  try {
    const [answer] = (await once(worker, 'message', { signal })) as [Answer]
    if (answer.kind === 'unsendable') return answer
    return { kind: 'message', content: Buffer.from(answer.content.buffer) }
  } finally {
    await worker.terminate()
  }
}
