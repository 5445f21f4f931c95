import { type MessagePort, parentPort, workerData } from 'node:worker_threads'

import { systemClock } from '@gatepost/core'

import { openDatabase } from './database.ts'
import { IndexKeeper } from './search/index-keeper.ts'
import type { SearchReply, SearchRequest } from './search/protocol.ts'
import { SearchRunner } from './search/search-runner.ts'
import { Sql } from './sql.ts'
import type { WorkerMessage, WorkerStart } from './worker-protocol.ts'
import type { WriterRequest } from './writer/protocol.ts'
import { WriterLoop } from './writer/writer-loop.ts'

/** How soon the server sees what the command line did. */
const otherProcessPollMs = 1_000

function write(port: MessagePort, { path, maxPages }: WorkerStart): void {
  const sql = new Sql(openDatabase(path, 'write'))
  if (maxPages !== undefined) sql.db.exec(`PRAGMA max_page_count = ${maxPages}`)
  const loop = new WriterLoop(sql, systemClock, (report) => port.postMessage(report))
  const timer = setInterval(() => loop.poll(), otherProcessPollMs)
  port.on('message', (message: WorkerMessage<WriterRequest>) => {
    if (message.kind === 'run') for (const request of message.requests) loop.push(request)
    else {
      clearInterval(timer)
      loop.whenIdle(() => {
        sql.close()
        port.close()
      })
    }
  })
}

function search(port: MessagePort, { path, indexPath }: WorkerStart): void {
  const sql = new Sql(openDatabase(path, 'read'))
  const keeper = indexPath === undefined ? undefined : new IndexKeeper(sql, indexPath)
  const runner = new SearchRunner(sql, () => keeper?.index)
  keeper?.start()
  port.on('message', (message: WorkerMessage<SearchRequest>) => {
    if (message.kind === 'run') {
      for (const request of message.requests) {
        const reply: SearchReply = runner.run(request)
        port.postMessage(reply, 'columns' in reply ? [reply.columns.buffer] : [])
      }
    } else {
      keeper?.stop()
      sql.close()
      port.close()
    }
  })
}

// The entry of both threads: this module runs as a worker and is imported by none.
if (parentPort !== null) {
  const start = workerData as WorkerStart
  if (start.role === 'writer') write(parentPort, start)
  else search(parentPort, start)
}
