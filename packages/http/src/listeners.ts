import type { Listener } from '@gatepost/gate'

/** Where the public's modules are served. */
export const httpListeners: readonly Listener[] = [
  {
    name: 'http',
    address: '127.0.0.1:8080',
    what: 'JMAP without TLS: passwords are taken from this machine and from trusted proxies only',
    title: 'JMAP  http',
  },
  {
    name: 'https',
    address: '127.0.0.1:8443',
    isEnabled: false,
    what: 'JMAP over TLS, port 443',
    title: 'JMAP  https',
    isImplicitTls: true,
  },
]
