import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'

import { createLogger, PrometheusMetrics } from '@gatepost/telemetry'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { HttpLines, type HttpLinesOptions } from './http-lines.ts'

type Answer = (request: IncomingMessage, response: ServerResponse) => void

let resources: AsyncDisposableStack
let metrics: PrometheusMetrics
let log: string[]
/** What came, one entry per request. */
let bodies: string[]
let requests: IncomingMessage[]
let answer: Answer
let waiting: (() => void)[]

beforeEach(() => {
  resources = new AsyncDisposableStack()
  metrics = new PrometheusMetrics()
  ;[log, bodies, requests, waiting] = [[], [], [], []]
  answer = (_request, response) => response.end()
})
afterEach(() => resources.disposeAsync())

const listener: RequestListener = (request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    requests.push(request)
    bodies.push(gunzipSync(Buffer.concat(chunks)).toString())
    answer(request, response)
    for (const wake of waiting.splice(0)) wake()
  })
}
async function listen(at: { readonly port: number } | { readonly path: string }): Promise<Server> {
  const server = createServer(listener)
  server.listen({ host: '127.0.0.1', ...at })
  await once(server, 'listening')
  resources.defer(async () => {
    server.closeAllConnections()
    if (server.listening) await new Promise((resolve) => server.close(resolve))
  })
  return server
}
function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}
async function heard(count: number): Promise<void> {
  while (bodies.length < count) await new Promise<void>((resolve) => waiting.push(resolve))
}
function sink(options: Partial<HttpLinesOptions> & { readonly url: string }): HttpLines {
  return resources.use(
    new HttpLines({
      logger: createLogger('info', { write: (line) => log.push(line) }),
      metrics,
      random: () => 0,
      firstRetryMs: 1,
      maxRetryMs: 4,
      flushMs: 50,
      ...options,
    }),
  )
}
async function counted(result: string): Promise<number> {
  const line = new RegExp(`http_lines_total\\{result="${result}"\\} (\\d+)`)
  return Number(line.exec(await metrics.render())?.[1] ?? 0)
}

describe('HttpLines', () => {
  it('sends lines in order, many at a time, packed, to the path, with the header', async () => {
    const url = `http://127.0.0.1:${portOf(await listen({ port: 0 }))}/gatepost?a=b`
    const lines = sink({ url, authorization: 'Bearer secret', flushMs: 5000 })
    for (let count = 0; count < 2000; count += 1) lines.write(`${count}\n`)
    await lines[Symbol.asyncDispose]()
    expect(bodies.join('')).toBe(Array.from({ length: 2000 }, (_, at) => `${at}\n`).join(''))
    expect(bodies.length).toBeLessThan(10)
    const [{ url: path, method, headers } = {} as IncomingMessage] = requests
    expect({ path, method }).toEqual({ path: '/gatepost?a=b', method: 'POST' })
    expect(headers).toMatchObject({
      authorization: 'Bearer secret',
      'content-encoding': 'gzip',
      'content-type': 'application/x-ndjson',
    })
    expect(await counted('sent')).toBe(2000)
  })

  it.each<[name: string, fault: Answer]>([
    ['503', (_request, response) => response.writeHead(503).end()],
    ['401, as long as the key is wrong', (_request, response) => response.writeHead(401).end()],
    ['a reset', (request) => request.socket.resetAndDestroy()],
    ['no answer', () => undefined],
  ])('sends again after %s: nothing is lost, and it is said once', async (_name, fault) => {
    answer = fault
    const url = `http://127.0.0.1:${portOf(await listen({ port: 0 }))}/`
    const lines = sink({ url, timeoutMs: 50 })
    lines.write('a\n')
    await heard(3)
    answer = (_request, response) => response.end()
    lines.write('b\n')
    while (!bodies.at(-1)?.includes('b\n')) await heard(bodies.length + 1)
    await lines[Symbol.asyncDispose]()
    expect(await counted('sent')).toBe(2)
    expect(log.filter((line) => line.includes('does not take'))).toHaveLength(1)
    expect(log.filter((line) => line.includes('takes the security events again'))).toHaveLength(1)
  })

  it('waits for a server that is not there yet', async () => {
    const server = await listen({ port: 0 })
    const port = portOf(server)
    await new Promise((resolve) => server.close(resolve))
    const lines = sink({ url: `http://127.0.0.1:${port}/` })
    lines.write('a\n')
    await listen({ port })
    await heard(1)
    expect(bodies).toEqual(['a\n'])
  })

  it('goes on after lines that are refused for good', async () => {
    answer = (_request, response) => response.writeHead(bodies.length === 1 ? 400 : 200).end()
    const url = `http://127.0.0.1:${portOf(await listen({ port: 0 }))}/`
    const lines = sink({ url, flushMs: 5000 })
    lines.write('bad\n')
    await heard(1)
    lines.write('good\n')
    await lines[Symbol.asyncDispose]()
    expect(bodies).toEqual(['bad\n', 'good\n'])
    expect([await counted('refused'), await counted('sent')]).toEqual([1, 1])
  })

  it('sends less at a time where the engine takes no more: nothing is lost', async () => {
    answer = ({ headers }, response) =>
      response.writeHead(Number(headers['content-length']) > 200 ? 413 : 200).end()
    const url = `http://127.0.0.1:${portOf(await listen({ port: 0 }))}/`
    const lines = sink({ url, flushMs: 5000 })
    for (let count = 0; count < 300; count += 1) lines.write(`${count}\n`)
    await lines[Symbol.asyncDispose]()
    expect(await counted('sent')).toBe(300)
    expect(await counted('refused')).toBe(0)
    const taken = new Set(bodies.flatMap((body) => body.trim().split('\n')))
    expect(taken.size).toBe(300)
  })

  it('does not hold more than it may: the oldest lines go, and are counted', async () => {
    answer = () => undefined
    const url = `http://127.0.0.1:${portOf(await listen({ port: 0 }))}/`
    const lines = sink({ url, maxWaitingBytes: 100, timeoutMs: 5000 })
    for (let count = 0; count < 100; count += 1) lines.write('123456789\n')
    expect(await metrics.render()).toContain('gatepost_security_http_waiting_bytes 100')
    await lines[Symbol.asyncDispose]()
    expect(await counted('dropped')).toBe(100)
  })

  it('talks through a Unix socket', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gatepost-socket-'))
    resources.defer(() => rmSync(folder, { recursive: true, force: true }))
    const socket = join(folder, 'acquisition')
    await listen({ path: socket })
    const lines = sink({ url: 'http://crowdsec/gatepost', socket, flushMs: 5000 })
    lines.write('a\n')
    await lines[Symbol.asyncDispose]()
    expect(bodies).toEqual(['a\n'])
    expect(requests[0]?.headers.host).toBe('crowdsec')
  })

  it.each([401, 403])(
    'reads its authorization again on %d, and keeps the lines until one is taken',
    async (status) => {
      let key = 'Bearer old'
      answer = (request, response) => {
        response.writeHead(request.headers.authorization === 'Bearer new' ? 200 : status).end()
      }
      const port = portOf(await listen({ port: 0 }))
      const lines = sink({
        url: `http://127.0.0.1:${port}/`,
        authorization: key,
        readAuthorization: () => key,
      })
      lines.write('one\n')
      await heard(3)
      key = 'Bearer new'
      while (bodies.length === 0 || requests.at(-1)?.headers.authorization !== key)
        await heard(bodies.length + 1)
      await lines[Symbol.asyncDispose]()
      expect(bodies.every((body) => body === 'one\n')).toBe(true)
      expect(await counted('sent')).toBe(1)
      expect(await counted('refused')).toBe(0)
      expect(await counted('dropped')).toBe(0)
      expect(log.join('')).toContain(`HTTP ${status}: CrowdSec does not take the authorization`)
    },
  )

  it('goes on with the old authorization when the file cannot be read', async () => {
    answer = (_request, response) => response.writeHead(bodies.length > 2 ? 200 : 401).end()
    const port = portOf(await listen({ port: 0 }))
    const lines = sink({
      url: `http://127.0.0.1:${port}/`,
      authorization: 'Bearer old',
      readAuthorization: () => {
        throw new Error('the file is gone')
      },
    })
    lines.write('one\n')
    await heard(3)
    await lines[Symbol.asyncDispose]()
    expect(requests.at(-1)?.headers.authorization).toBe('Bearer old')
    expect(await counted('sent')).toBe(1)
    expect(log.join('')).toContain('the file is gone')
  })
})
