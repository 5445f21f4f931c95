import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { parseIp } from '@gatepost/core'
import type { ClientAddressReport } from '@gatepost/gate'
import { plainProblem, type HttpModule, type HttpParts } from '@gatepost/http'
import type { ConnectionFilter, Simulation } from '@gatepost/security-crowdsec'
import type { Metrics } from '@gatepost/telemetry'
import type { FastifyInstance } from 'fastify'

import type { AdminLogin } from './admin-login.ts'
import { explain } from './explain.ts'

export interface AdminOptions {
  readonly filter: ConnectionFilter
  /** Undefined without a Local API. */
  readonly simulation: (() => Promise<Simulation>) | undefined
  readonly metrics: Metrics
  readonly clientAddresses: () => ClientAddressReport
  readonly storeHealth: () => { readonly isWritable: boolean; readonly lastError: string | null }
  readonly login: AdminLogin
}

const shown = ['/metrics', '/crowdsec/status', '/crowdsec/decisions', '/crowdsec/simulation']
const paths = ['/healthz', '/readyz', ...shown].map((path) => ({
  path: new RegExp(`^${path}$`),
  allow: 'GET, HEAD',
}))

/** For orchestrators, Prometheus and the command line. That it lives, and whether it takes mail, is told to everybody; the rest to who may see it. */
export function createAdminModule(options: AdminOptions): HttpModule {
  return {
    paths,
    addRoutes: (app, http) => {
      addHealth(app, http, options)
      app.register((scope, _none, done) => {
        scope.addHook('onRequest', (request, reply) => options.login.check(request, reply, http))
        addRoutes(scope, options)
        done()
      })
    },
  }
}

function addHealth(
  app: FastifyInstance,
  http: HttpParts,
  { filter, storeHealth, clientAddresses, login }: AdminOptions,
): void {
  /** The process lives and its event loop turns. */
  app.get('/healthz', () => ({ status: 'up' }))

  /** Mail can be taken. CrowdSec failing does not change that: mail goes on, and it is said here. */
  app.get('/readyz', async (request, reply) => {
    const store = storeHealth()
    const crowdsec = filter.status()
    const clients = clientAddresses()
    const isAnswering = crowdsec.state === 'healthy' || crowdsec.state === 'off'
    const isDegraded = !isAnswering || clients.state === 'suspicious'
    const status = store.isWritable ? (isDegraded ? 'degraded' : 'ready') : 'down'
    const checks = login.isTrusted(request, http) ? { checks: { store, crowdsec, clients } } : {}
    return reply.code(store.isWritable ? 200 : 503).send({ status, ...checks })
  })
}

function addRoutes(app: FastifyInstance, { filter, simulation, metrics }: AdminOptions): void {
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
      if (address === undefined) throw plainProblem(400, `"${ip}" is no IP address`)
      return explain(filter, { address })
    },
  )

  app.get('/crowdsec/simulation', async () => {
    if (simulation === undefined) throw plainProblem(404, 'No Local API')
    try {
      return await simulation()
    } catch (error) {
      throw plainProblem(502, error instanceof Error ? error.message : String(error))
    }
  })
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
