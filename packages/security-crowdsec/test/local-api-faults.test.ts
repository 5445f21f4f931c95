import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

import { parseIp, parseNetwork, systemClock, type Clock, type IpAddress } from '@gatepost/core'
import { createLogger, PrometheusMetrics } from '@gatepost/telemetry'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { CrowdsecFilter, LapiClient } from '../src/index.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void
const ban = {
  id: 1,
  origin: 'cscli',
  scenario: 'by hand',
  scope: 'Ip',
  type: 'ban',
  value: '192.0.2.1',
  duration: '4h',
}
const client = address('192.0.2.1')

let server: Server
let answer: Answer
let answered: (() => void)[] = []
let requests: string[] = []
let log: string[] = []
let skippedMs = 0
const clock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic() + skippedMs,
}
let metrics: PrometheusMetrics
let resources: AsyncDisposableStack

function address(text: string): IpAddress {
  const parsed = parseIp(text)
  if (parsed === undefined) throw new Error(text)
  return parsed
}
function list(fresh: readonly object[] | null, deleted: readonly object[] | null = null): Answer {
  return (_request, response) => response.end(JSON.stringify({ new: fresh, deleted }))
}
/** Keeps every deadline between two bytes, and never ends. */
function trickle(_request: IncomingMessage, response: ServerResponse): void {
  response.writeHead(200)
  const timer = setInterval(() => response.write(' '), 20)
  response.once('close', () => clearInterval(timer))
}
function status(code: number): Answer {
  return (_request, response) => {
    response.statusCode = code
    response.end('{"message":"access forbidden"}')
  }
}
/** Resolves when the API has answered (or dropped) `count` more requests. */
async function polls(count: number): Promise<void> {
  for (let done = 0; done < count; done += 1)
    await new Promise<void>((resolve) => answered.push(resolve))
}
interface FilterSettings {
  readonly timeoutMs?: number
  readonly neverBan?: readonly string[]
  readonly reconcileMs?: number
}
function newFilter(source: LapiClient, more: FilterSettings = {}): CrowdsecFilter {
  return new CrowdsecFilter({
    source,
    clock,
    logger: createLogger('info', { write: (text) => log.push(text) }),
    metrics,
    pollMs: 1,
    reconcileMs: more.reconcileMs ?? 60_000,
    random: () => 0,
    neverBan: (more.neverBan ?? [])
      .map((text) => parseNetwork(text))
      .filter((network) => network !== undefined),
  })
}
async function startFilter(more: FilterSettings = {}): Promise<CrowdsecFilter> {
  const { port } = server.address() as AddressInfo
  const source = resources.use(
    new LapiClient({
      url: `http://127.0.0.1:${port}`,
      apiKey: 'k',
      timeoutMs: more.timeoutMs ?? 2000,
      version: '0.0.0',
    }),
  )
  const filter = resources.use(newFilter(source, more))
  await filter.start()
  return filter
}
/** Waits until the filter says so; a change of its state follows a poll. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await polls(1)
}

beforeEach(async () => {
  resources = new AsyncDisposableStack()
  metrics = new PrometheusMetrics()
  answered = []
  requests = []
  log = []
  skippedMs = 0
  answer = list([ban])
  server = createServer((request, response) => {
    requests.push(
      `${String(request.headers['x-api-key'])} ${request.headers['user-agent'] ?? ''} ${request.url ?? ''}`,
    )
    answer(request, response)
    response.on('close', () => {
      for (const resolve of answered.splice(0, 1)) resolve()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  resources.defer(() => {
    server.closeAllConnections()
    server.close()
  })
})
afterEach(() => resources.disposeAsync())

it('asks as a bouncer should: everything first, then changes, without the drifting dedup', async () => {
  await startFilter()
  await polls(1)
  expect(requests.slice(0, 2)).toEqual([
    'k crowdsec-gatepost-bouncer/v0.0.0 /v1/decisions/stream?startup=true&scopes=ip%2Crange&dedup=false',
    'k crowdsec-gatepost-bouncer/v0.0.0 /v1/decisions/stream?startup=false&scopes=ip%2Crange&dedup=false',
  ])
})

it('refuses what is decided, tells listeners, and lets in again after the deletion', async () => {
  answer = list(null)
  const filter = await startFilter()
  const changes: unknown[] = []
  filter.onChange(({ added, deleted }) =>
    changes.push([added.map(({ id }) => id), deleted.map(({ id }) => id)]),
  )
  expect(filter.check(client).kind).toBe('allow')
  answer = list([ban, { ...ban, id: 2, scope: 'Range', value: '198.51.100.0/24' }])
  await until(() => filter.check(client).kind === 'ban')
  expect(filter.check(address('198.51.100.7'))).toMatchObject({
    kind: 'ban',
    decision: { id: 2, value: '198.51.100.0/24' },
  })
  expect(filter.check(address('11.192.0.21')).kind).toBe('allow')
  answer = list(null, [{ ...ban, duration: '-237.666464ms' }])
  await until(() => filter.check(client).kind === 'allow')
  expect(changes).toEqual([
    [[1, 2], []],
    [[], [1]],
  ])
})

describe.each<[string, Answer]>([
  ['answers 403', status(403)],
  ['answers 500', status(500)],
  ['resets the connection', (request) => request.socket.resetAndDestroy()],
  [
    'cuts the answer short',
    (_request, response) =>
      response.writeHead(200, { 'content-length': '100' }).end('{"new":[') && response.destroy(),
  ],
  ['answers no JSON', (_request, response) => response.end('<html>')],
  ['answers another shape', (_request, response) => response.end('{"new":{},"deleted":[]}')],
  ['never answers', () => undefined],
  ['answers a byte now and then', trickle],
  [
    'sends its client elsewhere',
    (_request, response) => response.writeHead(302, { location: '/' }).end(),
  ],
])('a Local API that %s', (_name, fault) => {
  it('changes nothing: known decisions hold, others come in, and it is said once', async () => {
    const filter = await startFilter({ timeoutMs: 200 })
    answer = fault
    await until(() => filter.status().state === 'stale')
    await polls(2)
    expect(filter.check(client).kind).toBe('ban')
    expect(filter.check(address('192.0.2.2')).kind).toBe('allow')
    expect(filter.status().lastError).not.toBeNull()
    expect(log.filter((text) => text.includes('does not answer'))).toHaveLength(1)
    expect(await metrics.render()).toContain('gatepost_crowdsec_healthy 0')
    answer = list([ban])
    await until(() => filter.status().state === 'healthy')
    expect(log.filter((text) => text.includes('answers again'))).toHaveLength(1)
    expect(requests.at(-1)).toContain('startup=')
  })
})

it('starts without a Local API, lets everyone in and says so', async () => {
  answer = status(403)
  const filter = await startFilter()
  expect(filter.check(client).kind).toBe('allow')
  expect(filter.status()).toMatchObject({
    state: 'stale',
    lastError: 'HTTP 403: the Local API does not know this api_key',
  })
})

it('catches up after an outage: what was deleted meanwhile is gone', async () => {
  const other = { ...ban, id: 2, value: '192.0.2.2' }
  answer = list([ban, other])
  const filter = await startFilter()
  answer = status(500)
  await until(() => filter.status().state === 'stale')
  answer = (request, response) =>
    list(request.url?.includes('startup=true') === true ? [other] : null)(request, response)
  await until(() => filter.status().state === 'healthy')
  await until(() => filter.check(client).kind === 'allow')
  expect(filter.check(address('192.0.2.2')).kind).toBe('ban')
})

it('does not take an empty full list for an amnesty: a Local API with a broken database answers 200 and nothing', async () => {
  const filter = await startFilter({ reconcileMs: 0 })
  answer = list([], [])
  await polls(5)
  expect(filter.check(client).kind).toBe('ban')
})

it('never refuses the owner', async () => {
  const filter = await startFilter({ neverBan: ['192.0.2.0/30'] })
  expect(filter.check(client).kind).toBe('allow')
})

it('ends a ban at its own end while the Local API is away, and tells listeners', async () => {
  const filter = await startFilter()
  const ended: number[] = []
  filter.onChange(({ deleted }) => ended.push(...deleted.map(({ id }) => id)))
  answer = status(500)
  await until(() => filter.status().state === 'stale')
  skippedMs = 4 * 3_600_000 - 60_000
  await polls(1)
  expect(filter.check(client).kind).toBe('ban')
  skippedMs += 60_000
  expect(filter.check(client).kind).toBe('allow')
  await until(() => ended.length > 0)
  expect(ended).toEqual([1])
  expect(filter.status()).toMatchObject({ state: 'stale', decisions: 0 })
})

it('goes on, and tells the others, when a listener fails', async () => {
  answer = list(null)
  const filter = await startFilter()
  const heard: number[] = []
  filter.onChange(() => {
    throw new Error('not today')
  })
  filter.onChange(({ added }) => heard.push(...added.map(({ id }) => id)))
  answer = list([ban])
  await until(() => heard.length > 0)
  expect(heard).toEqual([1])
  expect(filter.status().state).toBe('healthy')
  expect(log.filter((text) => text.includes('not today'))).toHaveLength(1)
})

it('says how many decisions make no sense, and follows the others', async () => {
  answer = list([{ ...ban, id: 2, value: 'nonsense' }, ban])
  const filter = await startFilter()
  expect(filter.check(client).kind).toBe('ban')
  expect(log.join('')).toContain('"unreadable":1')
})

it('answers before its first answer has come: nobody at the door waits for HTTP', async () => {
  let release: (() => void) | undefined
  answer = (request, response) => {
    release = () => list([ban])(request, response)
  }
  const { port } = server.address() as AddressInfo
  const source = resources.use(
    new LapiClient({ url: `http://127.0.0.1:${port}`, apiKey: 'k', timeoutMs: 5000, version: '0' }),
  )
  const filter = resources.use(newFilter(source))
  const started = filter.start()
  await once(server, 'request')
  expect(filter.check(client).kind).toBe('allow')
  expect(filter.status().state).toBe('starting')
  release?.()
  await started
  expect(filter.check(client).kind).toBe('ban')
})

it('leaves off while a request is open: stopping takes no timeout', async () => {
  answer = list([ban])
  const filter = await startFilter({ timeoutMs: 60_000 })
  answer = () => undefined
  await once(server, 'request')
  await filter[Symbol.asyncDispose]()
  expect(filter.status().lastError).toBeNull()
})
