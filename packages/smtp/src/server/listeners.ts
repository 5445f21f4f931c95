import type { Listener } from '@gatepost/gate'

/** Mail from other servers, and from the programs of people (RFC 6409, RFC 8314). */
export const smtpListeners: readonly Listener[] = [
  {
    name: 'mx',
    address: '127.0.0.1:2525',
    what: 'mail from other servers, port 25 in production',
    title: 'SMTP  mail from other servers',
    greetingWaitSeconds: 2,
  },
  {
    name: 'submission',
    address: '127.0.0.1:5870',
    what: 'mail from users with STARTTLS, port 587',
    title: 'SMTP  sending, STARTTLS',
    greetingWaitSeconds: 0,
  },
  {
    name: 'submissions',
    address: '127.0.0.1:4650',
    what: 'mail from users over TLS, port 465',
    title: 'SMTP  sending, TLS',
    isImplicitTls: true,
  },
]
