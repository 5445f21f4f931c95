import { addAutoconfigRoutes, type MailService, type MailServices } from '@gatepost/autoconfig'
import type { Clock } from '@gatepost/core'
import { splitListenAddress } from '@gatepost/gate'
import type { FastifyInstance } from 'fastify'

import type { GatepostConfig, ListenerName } from '../config/schema.ts'

/** Where the server is reached from outside, as far as the configuration tells. */
export function mailServicesOf(config: GatepostConfig): MailServices {
  const { autoconfig, hostname, domains } = config
  const [first = hostname, ...others] = domains
  const service = (
    listener: ListenerName,
    configured: number | undefined,
    tls: MailService['tls'],
  ): MailService[] => {
    const { enabled, address } = config.listen[listener]
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
    domains: [first, ...others],
  }
}

export function addAutoconfig(app: FastifyInstance, config: GatepostConfig, clock: Clock): void {
  if (!config.autoconfig.enabled) return
  addAutoconfigRoutes(app, { services: mailServicesOf(config), now: () => clock.now() })
}
