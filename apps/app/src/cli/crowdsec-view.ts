import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { parseIp, systemClock, type IpAddress } from '@gatepost/core'
import { splitListenAddress } from '@gatepost/gate'
import type { Decision, FilterStatus, Simulation } from '@gatepost/security-crowdsec'
import { PrometheusMetrics, silentLogger } from '@gatepost/telemetry'
import { request } from 'undici'

import { listenerNamed } from '../config/listeners.ts'
import type { GatepostConfig } from '../config/schema.ts'
import { adminTokenIn } from '../server/admin-token.ts'
import { configuredLapi, openFilterView, type LapiAccess } from '../server/crowdsec-filter-of.ts'
import { explain, type Explanation } from '../server/explain.ts'
import { readVersion } from '../server/version.ts'
import { Refusal } from './command.ts'

/** What is known of decisions, from the running server or, without one, from the Local API. */
export interface CrowdsecView {
  readonly source: 'server' | 'local api'
  status(): Promise<FilterStatus>
  decisions(): Promise<readonly Decision[]>
  /** Of an address in any spelling, or else of a user. */
  explain(ipOrUser: string): Promise<Explanation>
  simulation(): Promise<Simulation>
}

/**
 * The running server is asked first. One whose admin listener is off loses nothing either: the Local API is asked for its list, never for the stream,
 * where a second reader on the server's key would move its place.
 * @throws Refusal when there is neither a server nor a Local API
 */
export async function openCrowdsecView(
  config: GatepostConfig,
  resources: AsyncDisposableStack,
): Promise<CrowdsecView> {
  const running = await askServer(config, '/crowdsec/status')
  if (running !== undefined) return serverView(config)
  const lapi = lapiOf(config)
  if (lapi === undefined)
    throw new Refusal('no server runs here and no Local API is configured ([crowdsec] lapi_url)')
  const { filter, simulation } = await openFilterView(lapi, config, {
    clock: systemClock,
    logger: silentLogger,
    metrics: new PrometheusMetrics(),
    version: readVersion(),
    resources,
  })
  const { lastError } = filter.status()
  if (lastError !== null) throw new Refusal(`the Local API at ${lapi.url}: ${lastError}`)
  return {
    source: 'local api',
    status: () => Promise.resolve(filter.status()),
    decisions: () => Promise.resolve(filter.decisions()),
    explain: (text) => {
      const address = addressIn(text)
      return Promise.resolve(explain(filter, address === undefined ? { user: text } : { address }))
    },
    simulation: async () => (await simulation?.()) ?? { decisions: [], clients: [] },
  }
}

/** The Local API of the configuration, or of the engine that `npm start` ran as its child, in case it still does. */
export function lapiOf(config: GatepostConfig): LapiAccess | undefined {
  return configuredLapi(config.crowdsec) ?? lastEngine(config.data)
}

/** An address in any spelling; undefined for a user. @throws Refusal for what looks like an address and is none */
function addressIn(text: string): IpAddress | undefined {
  const address = parseIp(text)
  // A user has a name with a letter in it, an address has digits, dots and colons.
  if (address === undefined && /^[\d.:/]*$/.test(text))
    throw new Refusal(`"${text}" is no IP address`)
  return address
}

function serverView(config: GatepostConfig): CrowdsecView {
  const ask = async <T>(path: string): Promise<T> => {
    const answer = await askServer(config, path)
    if (answer === undefined) throw new Refusal('the server does not answer any more')
    return answer as T
  }
  return {
    source: 'server',
    status: () => ask<FilterStatus>('/crowdsec/status'),
    decisions: async () =>
      (await ask<{ decisions: readonly Decision[] }>('/crowdsec/decisions')).decisions,
    explain: (text) => {
      const address = addressIn(text)
      const query = address === undefined ? { user: text } : { ip: address.text }
      return ask<Explanation>(`/crowdsec/decisions?${new URLSearchParams(query).toString()}`)
    },
    simulation: async () => {
      const answer = await askServer(config, '/crowdsec/simulation', simulationMs)
      if (answer === undefined) throw new Refusal('the server cannot ask the Local API for it')
      return answer as Simulation
    },
  }
}

const answerMs = 10_000
const simulationMs = 90_000

async function askServer(
  config: GatepostConfig,
  path: string,
  timeoutMs = answerMs,
): Promise<unknown> {
  const { enabled, address } = listenerNamed(config, 'admin')
  if (!enabled) return undefined
  const { host, port } = splitListenAddress(address)
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  try {
    const { statusCode, body } = await request(
      `http://${name.includes(':') ? `[${name}]` : name}:${port}${path}`,
      {
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        headers: { authorization: `Bearer ${adminTokenIn(config.data)}` },
      },
    )
    const answer = await body.json()
    return statusCode === 200 ? answer : undefined
  } catch {
    return undefined
  }
}

function lastEngine(data: string): LapiAccess | undefined {
  try {
    const folder = join(data, 'crowdsec')
    const port = /listen_uri: 127\.0\.0\.1:(\d+)/.exec(
      readFileSync(join(folder, 'conf/config.yaml'), 'utf8'),
    )?.[1]
    return port === undefined
      ? undefined
      : {
          url: `http://127.0.0.1:${port}`,
          apiKey: readFileSync(join(folder, 'api-key'), 'utf8').trim(),
        }
  } catch {
    return undefined
  }
}
