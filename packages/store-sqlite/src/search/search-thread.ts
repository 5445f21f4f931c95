import type { MessagePort } from 'node:worker_threads'

import type { WorkerMessage } from '@gatepost/store-model'

import { openDatabase } from '../database.ts'
import { Sql } from '../sql.ts'
import type { WorkerStart } from '../worker-protocol.ts'
import { IndexKeeper } from './index-keeper.ts'
import { type SearchRequest, transferableOf } from './protocol.ts'
import { SearchLoop } from './search-loop.ts'
import { SearchRunner } from './search-runner.ts'

export function search(port: MessagePort, start: WorkerStart): void {
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
