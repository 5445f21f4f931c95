import type { Clock } from '@gatepost/core'
import type { Logger } from '@gatepost/telemetry'

import { ClientAddresses } from './client-addresses.ts'

/** The watch over client addresses that tells the operator in the log, each once. */
export function watchedAddresses(logger: Logger, clock: Clock): ClientAddresses {
  return new ClientAddresses({
    clock,
    onSuspicious: (address) =>
      logger.warn(
        { address },
        'every client comes from one private address: the real ones are hidden, and a ban would lock everybody out. ' +
          'Use PROXY protocol, host networking, or publish the ports without address translation (docs/deployment.md)',
      ),
    onPrivateClient: (address) =>
      logger.info(
        { address },
        'clients come from private addresses. The official CrowdSec image leaves those alone (crowdsecurity/whitelists): what comes from there raises no ' +
          'alert on its address, alerts on accounts excepted (docs/crowdsec.md, "Private addresses")',
      ),
    onUnlistedProxy: (address) =>
      logger.warn(
        { address },
        'a proxy that is not in proxy.trusted sends requests of others: no passwords are taken from there. ' +
          'Add its address to proxy.trusted (docs/deployment.md, "Behind an HTTP proxy")',
      ),
  })
}
