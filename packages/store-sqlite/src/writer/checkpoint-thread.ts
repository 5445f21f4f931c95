import type { MessagePort } from 'node:worker_threads'

import type { WorkerMessage } from '@gatepost/store-model'

import { openDatabase } from '../database.ts'
import type { WorkerStart } from '../worker-protocol.ts'
import { runCheckpoint } from './checkpoints.ts'

export function checkpoint(port: MessagePort, { path }: WorkerStart): void {
  const db = openDatabase(path, 'write')
  port.on('message', (message: WorkerMessage<null>) => {
    if (message.kind === 'run') {
      runCheckpoint(db)
      port.postMessage(null)
    } else {
      db.close()
      port.close()
    }
  })
}
