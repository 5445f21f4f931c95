import { type MessagePort, parentPort, workerData } from 'node:worker_threads'

import { systemClock } from '@gatepost/core'
import type { WorkerMessage } from '@gatepost/store-model'

import { openDatabase } from './database.ts'
import { runContent } from './read/content/content-runner.ts'
import type { ContentRequest } from './read/content/protocol.ts'
import { IndexKeeper } from './search/index-keeper.ts'
import { type SearchRequest, transferableOf } from './search/protocol.ts'
import { SearchLoop } from './search/search-loop.ts'
import { SearchRunner } from './search/search-runner.ts'
import { Sql } from './sql.ts'
import type { WorkerStart } from './worker-protocol.ts'
import { runCheckpoint } from './writer/checkpoints.ts'
import { transferable, unpack } from './writer/packed.ts'
import { Preparer } from './writer/preparer.ts'
import type { WriterInput, WriterRequest } from './writer/protocol.ts'
import { WriterLoop } from './writer/writer-loop.ts'

/** How soon the server sees what the command line did. */
const otherProcessPollMs = 1_000

function write(port: MessagePort, { path, maxPages }: WorkerStart): void {
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

function prepare(port: MessagePort, { path }: WorkerStart): void {
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

function checkpoint(port: MessagePort, { path }: WorkerStart): void {
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

function content(port: MessagePort, { path }: WorkerStart): void {
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

function search(port: MessagePort, start: WorkerStart): void {
  if (start.search === undefined) throw new Error('a search thread without its limits')
  const opened: Sql[] = []
  const open = (): Sql => {
    const sql = new Sql(openDatabase(start.path, 'read'))
    opened.push(sql)
    return sql
  }
  const keeper =
    start.indexPath === undefined ? undefined : new IndexKeeper(open(), start.indexPath)
  const runners = new Map<number, SearchRunner>()
  const runnerOf = (place: number): SearchRunner => {
    const known = runners.get(place)
    if (known !== undefined) return known
    const runner = new SearchRunner(open(), () => keeper?.index)
    runners.set(place, runner)
    return runner
  }
  const loop = new SearchLoop(start.search, runnerOf, (reply) =>
    port.postMessage(reply, transferableOf(reply)),
  )
  keeper?.start()
  port.on('message', (message: WorkerMessage<SearchRequest>) => {
    if (message.kind === 'run') for (const request of message.requests) loop.push(request)
    else {
      loop.stop()
      keeper?.stop()
      for (const sql of opened) sql.close()
      port.close()
    }
  })
}

// The entry of all threads: this module runs as a worker and is imported by none.
if (parentPort !== null) {
  const start = workerData as WorkerStart
  if (start.role === 'writer') write(parentPort, start)
  else if (start.role === 'prepare') prepare(parentPort, start)
  else if (start.role === 'checkpoint') checkpoint(parentPort, start)
  else if (start.role === 'content') content(parentPort, start)
  else search(parentPort, start)
}
