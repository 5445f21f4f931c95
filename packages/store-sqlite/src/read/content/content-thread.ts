import type { MessagePort } from 'node:worker_threads'

import type { WorkerMessage } from '@gatepost/store-model'

import { openDatabase } from '../../database.ts'
import { Sql } from '../../sql.ts'
import type { WorkerStart } from '../../worker-protocol.ts'
import { runContent } from './content-runner.ts'
import type { ContentRequest } from './protocol.ts'

export function content(port: MessagePort, { path }: WorkerStart): void {
  const sql = new Sql(openDatabase(path, 'read'))
  port.on('message', (message: WorkerMessage<ContentRequest>) => {
    if (message.kind === 'run')
      for (const request of message.requests) {
        const reply = runContent(sql, request)
        const bytes = 'content' in reply ? reply.content : null
        port.postMessage(reply, bytes instanceof Uint8Array ? [bytes.buffer] : [])
      }
    else {
      sql.close()
      port.close()
    }
  })
}
