import { type MessagePort, parentPort, workerData } from 'node:worker_threads'

import type { WorkerStart } from './worker-protocol.ts'

type Run = (port: MessagePort, start: WorkerStart) => void

/** Each thread loads what it needs: all of it is seven megabytes more. */
const threads: Readonly<Record<WorkerStart['role'], () => Promise<Run>>> = {
  writer: async () => (await import('./writer/write-thread.ts')).write,
  prepare: async () => (await import('./writer/prepare-thread.ts')).prepare,
  checkpoint: async () => (await import('./writer/checkpoint-thread.ts')).checkpoint,
  content: async () => (await import('./read/content/content-thread.ts')).content,
  search: async () => (await import('./search/search-thread.ts')).search,
}

// The entry of all threads: this module runs as a worker and is imported by none.
if (parentPort !== null) {
  const start = workerData as WorkerStart
  const run = await threads[start.role]()
  run(parentPort, start)
}
