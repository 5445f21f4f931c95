import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { parseIp, systemClock, type IpAddress } from '@gatepost/core'
import { splitListenAddress } from '@gatepost/gate'
import type { Decision, FilterStatus, FilterVerdict } from '@gatepost/security-crowdsec'
import { PrometheusMetrics, silentLogger } from '@gatepost/telemetry'
import { request } from 'undici'

import type { GatepostConfig } from '../config/schema.ts'
import { configuredLapi, openFilterView, type LapiAccess } from '../server/crowdsec-filter-of.ts'
import { readVersion } from '../server/version.ts'
import { Refusal } from './command.ts'

/** What is known of decisions, from the running server or, without one, from the Local API. */
export interface CrowdsecView {
  readonly source: 'server' | 'local api'
  status(): Promise<FilterStatus>
  decisions(): Promise<readonly Decision[]>
  explain(ip: string): Promise<Explanation>
}
export interface Explanation {
  readonly address: string
  readonly verdict: FilterVerdict['kind']
  readonly decisions: readonly Decision[]
}

/**
 * The running server is asked first: a second reader on the server's key would move its place in the stream and make it lose decisions.
 * @throws Refusal when there is neither a server nor a Local API
 */
export async function openCrowdsecView(
  config: GatepostConfig,
  resources: AsyncDisposableStack,
): Promise<CrowdsecView> {
  const running = await askServer(config, '/crowdsec/status')
  if (running !== undefined) return serverView(config)
  const lapi = configuredLapi(config.crowdsec) ?? lastEngine(config.data)
  if (lapi === undefined)
    throw new Refusal('no server runs here and no Local API is configured ([crowdsec] lapi_url)')
  const filter = await openFilterView(lapi, config, {
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
      const address = ipOf(text)
      return Promise.resolve({
        address: address.text,
        verdict: filter.check(address).kind,
        decisions: filter.decisions(address),
      })
    },
  }
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
    explain: (ip) =>
      ask<Explanation>(`/crowdsec/decisions?ip=${encodeURIComponent(ipOf(ip).text)}`),
  }
}

async function askServer(config: GatepostConfig, path: string): Promise<unknown> {
  if (!config.listen.admin.enabled) return undefined
  const { host, port } = splitListenAddress(config.listen.admin.address)
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host
  try {
    const { statusCode, body } = await request(
      `http://${name.includes(':') ? `[${name}]` : name}:${port}${path}`,
      { headersTimeout: 2000, bodyTimeout: 10_000 },
    )
    const answer = await body.json()
    return statusCode === 200 ? answer : undefined
  } catch {
    return undefined
  }
}

/** The engine that `npm start` ran as its child, in case it still does. */
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

function ipOf(text: string): IpAddress {
  const address = parseIp(text)
  if (address === undefined) throw new Refusal(`"${text}" is no IP address`)
  return address
}
