import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { parseIp } from '@gatepost/core'
import {
  hostFields,
  hostOfUrl,
  judgeHost,
  judgeOrigin,
  type ClientAddressReport,
  type HttpHostRules,
} from '@gatepost/gate'
import type { ConnectionFilter, Simulation } from '@gatepost/security-crowdsec'
import type { Metrics } from '@gatepost/telemetry'
import fastify, { type FastifyInstance } from 'fastify'

import { explain } from './explain.ts'

export interface AdminApiOptions {
  readonly filter: ConnectionFilter
  /** Undefined without a Local API. */
  readonly simulation: (() => Promise<Simulation>) | undefined
  readonly metrics: Metrics
  readonly clientAddresses: () => ClientAddressReport
  /** Which hosts it is: a page whose name was made to lead here (DNS rebinding) reads nothing. */
  readonly hostRules: HttpHostRules
  readonly storeHealth: () => { readonly isWritable: boolean; readonly lastError: string | null }
}

/** For orchestrators, Prometheus and the command line; on an address that the public does not reach. */
export function createAdminApi(options: AdminApiOptions): FastifyInstance {
  const { filter, simulation, metrics, storeHealth, clientAddresses } = options
  const app = fastify({ logger: false, forceCloseConnections: true, bodyLimit: 65_536 })
  app.addHook('onRequest', async ({ raw }, reply) => {
    const refusal = refusalOf(raw, options.hostRules)
    if (refusal !== undefined) await reply.code(refusal.status).send({ error: refusal.error })
  })

  /** The process lives and its event loop turns. */
  app.get('/healthz', () => ({ status: 'up' }))

  /** Mail can be taken. CrowdSec failing does not change that: mail goes on, and it is said here. */
  app.get('/readyz', async (_request, reply) => {
    const store = storeHealth()
    const crowdsec = filter.status()
    const clients = clientAddresses()
    const isAnswering = crowdsec.state === 'healthy' || crowdsec.state === 'off'
    const isDegraded = !isAnswering || clients.state === 'suspicious'
    const status = store.isWritable ? (isDegraded ? 'degraded' : 'ready') : 'down'
    return reply
      .code(store.isWritable ? 200 : 503)
      .send({ status, checks: { store, crowdsec, clients } })
  })

  app.get('/metrics', async (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(await metrics.render()),
  )

  app.get('/crowdsec/status', () => filter.status())

  app.get<{ Querystring: { ip?: string; user?: string } }>(
    '/crowdsec/decisions',
    async (request, reply) => {
      const { ip, user } = request.query
      if (user !== undefined) return explain(filter, { user })
      if (ip === undefined)
        return reply.type('application/json').send(Readable.from(decisionList(filter)))
      const address = parseIp(ip)
      if (address === undefined) return reply.code(400).send({ error: `"${ip}" is no IP address` })
      return explain(filter, { address })
    },
  )

  app.get('/crowdsec/simulation', async (_request, reply) => {
    if (simulation === undefined) return reply.code(404).send({ error: 'no Local API' })
    try {
      return await simulation()
    } catch (error) {
      return reply.code(502).send({ error: error instanceof Error ? error.message : String(error) })
    }
  })

  return app
}

function refusalOf(
  { rawHeaders, headers, method = '', url = '', httpVersion }: IncomingMessage,
  rules: HttpHostRules,
): { readonly status: number; readonly error: string } | undefined {
  const hosts = hostFields(rawHeaders)
  if (hosts.length > 1) return { status: 400, error: 'two Host fields' }
  // RFC 9112 section 3.2.2: that of the absolute form counts instead of the field.
  const host = hostOfUrl(url) ?? hosts[0]
  if (host !== undefined || httpVersion !== '1.0') {
    const { kind } = judgeHost(host, rules)
    if (kind === 'malformed') return { status: 400, error: 'the Host field names no host' }
    if (kind === 'foreign')
      return {
        status: 421,
        error: 'this host is not served here: its name belongs into http.hosts',
      }
  }
  const fields = {
    method,
    origin: headers.origin,
    fetchSite: headers['sec-fetch-site']?.toString(),
    fetchMode: headers['sec-fetch-mode']?.toString(),
  }
  const { kind } = judgeOrigin(fields, `http://${host}`, { ...rules, crossOrigins: [] })
  return kind === 'own' ? undefined : { status: 403, error: 'not from this origin' }
}

/** `{"decisions":[...]}` in pieces: a hundred thousand of them keep no client waiting. */
async function* decisionList(filter: ConnectionFilter): AsyncGenerator<string> {
  yield '{"decisions":['
  let separator = ''
  for (const page of filter.decisionPages()) {
    if (page.length > 0) yield separator + page.map((one) => JSON.stringify(one)).join(',')
    if (page.length > 0) separator = ','
    await nextTurn()
  }
  yield ']}'
}
