import type { MessagePort } from 'node:worker_threads'

import { systemClock } from '@gatepost/core'
import type { WorkerMessage } from '@gatepost/store-model'

import { openDatabase } from '../database.ts'
import { Sql } from '../sql.ts'
import type { WorkerStart } from '../worker-protocol.ts'
import { unpack } from './packed.ts'
import type { WriterInput, WriterRequest } from './protocol.ts'
import { WriterLoop } from './writer-loop.ts'

/** How soon the server sees what the command line did. */
const otherProcessPollMs = 1_000

export function write(port: MessagePort, { path, maxPages }: WorkerStart): void {
  const sql = new Sql(openDatabase(path, 'write'))
  if (maxPages !== undefined) sql.db.exec(`PRAGMA max_page_count = ${maxPages}`)
  const loop = new WriterLoop(sql, systemClock, (report) => port.postMessage(report))
  const timer = setInterval(() => loop.poll(), otherProcessPollMs)
  port.on('message', (message: WorkerMessage<WriterInput>) => {
    if (message.kind === 'run') for (const input of message.requests) hear(loop, input)
    else {
      clearInterval(timer)
      loop.whenIdle(() => {
        sql.close()
        port.close()
      })
    }
  })
}

function hear(loop: WriterLoop, input: WriterInput): void {
  if ('packed' in input)
    for (const request of unpack(input.packed) as WriterRequest[]) loop.push(request)
  else if ('kind' in input) loop.noteCheckpoint()
  else loop.push(input)
}
