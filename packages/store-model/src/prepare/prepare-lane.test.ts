import { expect, it } from 'vitest'

import { PrepareLane, type PrepareReplies } from './prepare-lane.ts'

/** A preparing thread that notes what it is given together, and dies of a content that begins with 1. */
const thread = `import { parentPort } from 'node:worker_threads'
parentPort.on('message', ({ kind, requests }) => {
  if (kind === 'close') return parentPort.close()
  if (requests.some(({ content }) => content[0] === 1)) process.exit(1)
  parentPort.postMessage({ ids: requests.map(({ id }) => id), failed: [] })
})`

interface Upload {
  readonly id: number
  readonly account: number
  readonly content: Uint8Array
}

function upload(id: number, account: number, bytes = 10, first = 0): Upload {
  const content = new Uint8Array(bytes)
  content[0] = first
  return { id, account, content }
}

interface Bench extends AsyncDisposable {
  readonly lane: PrepareLane<Upload, PrepareReplies>
  readonly events: string[]
  /** Until so many requests are answered. */
  answered(count: number): Promise<void>
}

function open(maxBytesAhead: number, maxBytesBehind = 1_000): Bench {
  const events: string[] = []
  let count = 0
  let wake: (() => void) | undefined
  const note = (kind: string, ids: readonly number[]): void => {
    events.push(`${kind} ${ids.join(' ')}`)
    count += ids.length
    wake?.()
  }
  const lane = new PrepareLane<Upload, PrepareReplies>({
    name: 'test',
    url: new URL(`data:text/javascript,${encodeURIComponent(thread)}`),
    start: undefined,
    work: {
      ownerOf: ({ account }) => `${account}`,
      bytesOf: ({ content }) => content.byteLength,
      movableOf: () => [],
    },
    maxBytesAhead,
    maxBytesBehind,
    onReply: ({ ids }) => note('prepared', ids),
    onLost: (ids) => note('lost', ids),
  })
  return {
    lane,
    events,
    answered: (wanted) =>
      new Promise((resolve) => {
        wake = () => {
          if (count >= wanted) resolve()
        }
        wake()
      }),
    [Symbol.asyncDispose]: () => lane[Symbol.asyncDispose](),
  }
}

it('gives small messages to the thread together', async () => {
  await using bench = open(100_000)
  for (let id = 1; id <= 5; id += 1) bench.lane.push(upload(id, id))
  await bench.answered(5)
  expect(bench.events).toEqual(['prepared 1 2 3 4 5'])
})

it('gives large ones one by one, the accounts in turn', async () => {
  await using bench = open(0)
  for (const [id, account] of [
    [1, 7],
    [2, 7],
    [3, 7],
    [4, 8],
  ] as const)
    bench.lane.push(upload(id, account))
  await bench.answered(4)
  expect(bench.events).toEqual(['prepared 1', 'prepared 2', 'prepared 4', 'prepared 3'])
})

it('prepares no more than the writer has room for', async () => {
  await using bench = open(0, 20)
  for (let id = 1; id <= 4; id += 1) bench.lane.push(upload(id, id))
  await bench.answered(2)
  bench.lane.settled(99)
  const more = bench.answered(3)
  await new Promise((resolve) => setImmediate(resolve))
  expect(bench.events).toEqual(['prepared 1', 'prepared 2'])
  bench.lane.settled(1)
  await more
  const last = bench.answered(4)
  bench.lane.settled(2)
  await last
  expect(bench.events).toEqual(['prepared 1', 'prepared 2', 'prepared 3', 'prepared 4'])
})

it('answers what a thread had that died, and gives the rest to another', async () => {
  await using bench = open(0)
  bench.lane.push(upload(1, 1, 10, 1))
  bench.lane.push(upload(2, 2))
  bench.lane.push(upload(3, 3))
  await bench.answered(3)
  expect(bench.events).toEqual(['lost 1', 'prepared 2', 'prepared 3'])
})

it('prepares what was pushed before it ends', async () => {
  const bench = open(0)
  for (let id = 1; id <= 3; id += 1) bench.lane.push(upload(id, id))
  await bench[Symbol.asyncDispose]()
  expect(bench.events).toHaveLength(3)
})
