/** Of every line, in this order: `log` comes first so that a reader can skip other lines cheaply. */
export const commonFields = [
  'log',
  'v',
  'time',
  'event',
  'protocol',
  'listener',
  'ip',
  'port',
  'session',
  'tls',
] as const

/** The events, and what each of them says beyond the common fields. docs/security-log.md and the parser in crowdsec/ are held to it by tests. */
export const eventFields = {
  auth_failed: ['user', 'mechanism', 'reason', 'pwfp', 'shared', 'again'],
  auth_success: ['user', 'mechanism', 'guesses', 'forgives'],
  rcpt_unknown: ['sender', 'recipient'],
  trap_rcpt: ['sender', 'recipient'],
  relay_denied: ['sender', 'recipient'],
  address_probe: ['kind', 'recipient'],
  helo_spoof: ['kind', 'detail'],
  conn_limit: ['kind', 'detail'],
  conn_burst: ['kind', 'count', 'seconds'],
  slow_client: ['kind'],
  protocol_abuse: ['kind', 'detail'],
  jmap_abuse: ['kind', 'detail'],
  outbound_burst: ['user', 'recipients', 'seconds'],
  blocked: ['decision', 'type', 'value', 'scenario', 'origin'],
  session_cut: ['decision', 'type', 'value', 'scenario', 'origin', 'user'],
} as const

/** On any event, and only where there is something to say: the /64 of an IPv6 client, and what speaks for the client (`login`, `mail`). */
export const optionalFields = ['source_net', 'known'] as const

/** The event goes to the Local API at once (`yes`): no scenario has to tell of it a second time. Written by `watchSecurityLines`. */
export const reportedField = 'reported'

/** When lines of the same kind were left out before this one: how many. On any event. */
export const suppressedField = 'suppressed'

export type EventName = keyof typeof eventFields
export type EventFields<E extends EventName> = Readonly<
  Partial<Record<(typeof eventFields)[E][number], string | undefined>>
>
