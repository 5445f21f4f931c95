/** What one hop says of the one before it, as text. */
export interface ForwardedHop {
  readonly node: string
  readonly proto: string | undefined
  readonly host: string | undefined
}

/** Fields with which the proxies of today name a client, its scheme or its host, besides the one that is configured. */
const wellKnown = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-server',
  'x-real-ip',
  'x-client-ip',
  'x-original-forwarded-for',
  'cf-connecting-ip',
  'true-client-ip',
] as const

/** Names in lower case. */
export function forwardingFields(configured: string): readonly string[] {
  return [...new Set([configured, ...wellKnown])]
}

/** Enough for the longest list that is read: what stands further left is not ours to know. */
const maxBytes = 8192

/** The last elements of a list (RFC 9110 section 5.6.1), trimmed, in their order. Commas are never quoted in what proxies write here. */
export function elementsOf(value: string | string[] | undefined, max: number): readonly string[] {
  const text = Array.isArray(value) ? value.join(',') : value
  if (text === undefined) return []
  return text
    .slice(-maxBytes)
    .split(',')
    .slice(-max)
    .map((element) => element.trim())
}
