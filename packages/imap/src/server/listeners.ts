import type { Listener } from '@gatepost/gate'

/** RFC 3501 section 2.1, RFC 8314 section 3.2. */
export const imapListeners: readonly Listener[] = [
  {
    name: 'imap',
    address: '127.0.0.1:1143',
    what: 'IMAP with STARTTLS, port 143',
    title: 'IMAP  STARTTLS',
  },
  {
    name: 'imaps',
    address: '127.0.0.1:9930',
    what: 'IMAP over TLS, port 993',
    title: 'IMAP  TLS',
    isImplicitTls: true,
  },
]
