import type { Listener, ListenerConfig } from '@gatepost/gate'
import { httpListeners } from '@gatepost/http/listeners'
import { imapListeners } from '@gatepost/imap/listeners'
import { smtpListeners } from '@gatepost/smtp/listeners'

const adminListener: Listener = {
  name: 'admin',
  address: '127.0.0.1:8081',
  what: '/healthz, /readyz and /metrics; not for the public',
  title: 'admin /healthz /readyz /metrics',
  places: 128,
}

/** Those of all packages, in the order of the reference. */
export const listeners: readonly Listener[] = [
  ...smtpListeners,
  ...imapListeners,
  ...httpListeners,
  adminListener,
]

/** As configured. @throws RangeError when no package offers it */
export function listenerNamed(
  { listen }: { readonly listen: Readonly<Record<string, ListenerConfig>> },
  name: string,
): ListenerConfig {
  const found = listen[name]
  if (found === undefined) throw new RangeError(`no package offers a listener "${name}"`)
  return found
}
