import type { MessagePort } from 'node:worker_threads'

import type { WorkerMessage } from '@gatepost/store-model'

import { openDatabase } from '../database.ts'
import { Sql } from '../sql.ts'
import type { WorkerStart } from '../worker-protocol.ts'
import { transferable } from './packed.ts'
import { Preparer } from './preparer.ts'
import type { WriterRequest } from './protocol.ts'

export function prepare(port: MessagePort, { path }: WorkerStart): void {
  const sql = new Sql(openDatabase(path, 'read'))
  const preparer = new Preparer(sql)
  port.on('message', (message: WorkerMessage<WriterRequest>) => {
    if (message.kind === 'run') {
      const reply = preparer.prepare(message.requests)
      port.postMessage(reply, transferable(reply.packed))
    } else {
      sql.close()
      port.close()
    }
  })
}
