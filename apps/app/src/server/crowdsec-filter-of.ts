import { parseNetwork, type Clock } from '@gatepost/core'
import {
  CrowdsecFilter,
  LapiClient,
  openFilter,
  type ConnectionFilter,
  type CrowdsecConfig,
} from '@gatepost/security-crowdsec'
import type { Logger, Metrics } from '@gatepost/telemetry'

import { readSecret } from '../config/read-config.ts'

export interface LapiAccess {
  readonly url: string
  readonly apiKey: string
}

const reconcileMs = 300_000

/** The Local API of the configuration; undefined when none is configured. @throws ConfigError for a key file that can not be read */
export function configuredLapi(config: CrowdsecConfig): LapiAccess | undefined {
  if (config.lapi_url === undefined) return undefined
  const apiKey =
    config.api_key ?? (config.api_key_file === undefined ? '' : readSecret(config.api_key_file))
  return { url: config.lapi_url, apiKey }
}

/** The filter for a Local API, polling and owned by `resources`; one that lets everybody in when there is none. */
export async function openConnectionFilter(
  lapi: LapiAccess | undefined,
  config: CrowdsecConfig,
  shared: {
    readonly clock: Clock
    readonly logger: Logger
    readonly metrics: Metrics
    readonly version: string
    readonly resources: AsyncDisposableStack
  },
): Promise<ConnectionFilter> {
  if (lapi === undefined) return openFilter
  const source = shared.resources.use(
    new LapiClient({ ...lapi, timeoutMs: config.timeout_seconds * 1000, version: shared.version }),
  )
  const filter = shared.resources.use(
    new CrowdsecFilter({
      ...shared,
      source,
      pollMs: config.poll_seconds * 1000,
      reconcileMs,
      neverBan: config.never_ban
        .map((text) => parseNetwork(text))
        .filter((network) => network !== undefined),
    }),
  )
  await filter.start()
  return filter
}
