import { createAutoconfigModule, type MailService, type MailServices } from '@gatepost/autoconfig'
import type { Clock, KnownDomains } from '@gatepost/core'
import { splitListenAddress } from '@gatepost/gate'
import type { HttpModule } from '@gatepost/http'

import { listenerNamed } from '../config/listeners.ts'
import type { GatepostConfig } from '../config/schema.ts'

/** Where the server is reached from outside, as far as the configuration tells. */
export function mailServicesOf(
  config: GatepostConfig,
  isDomain: MailServices['isDomain'],
): MailServices {
  const { autoconfig, hostname, domains } = config
  const service = (
    listener: string,
    configured: number | undefined,
    tls: MailService['tls'],
  ): MailService[] => {
    const { enabled, address } = listenerNamed(config, listener)
    const port = configured ?? (enabled ? splitListenAddress(address).port : 0)
    return port === 0 ? [] : [{ port, tls }]
  }
  return {
    hostname,
    displayName: autoconfig.display_name ?? hostname,
    imap: [
      ...service('imaps', autoconfig.imaps_port, 'implicit'),
      ...service('imap', autoconfig.imap_port, 'starttls'),
    ],
    submission: [
      ...service('submissions', autoconfig.submissions_port, 'implicit'),
      ...service('submission', autoconfig.submission_port, 'starttls'),
    ],
    https: service('https', autoconfig.https_port, 'implicit')[0]?.port,
    hasDocuments: autoconfig.enabled,
    isDomain,
    firstDomain: domains[0] ?? hostname,
  }
}

/** None where it is switched off. */
export function autoconfigOf(
  config: GatepostConfig,
  { clock, domains }: { readonly clock: Clock; readonly domains: Pick<KnownDomains, 'has'> },
): HttpModule[] {
  if (!config.autoconfig.enabled) return []
  const services = mailServicesOf(config, (name) => domains.has(name))
  return [createAutoconfigModule({ services, now: () => clock.now() })]
}
