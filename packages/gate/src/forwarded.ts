import { isInNetwork, parseIp, type IpAddress, type IpNetwork } from '@gatepost/core'

const maxHops = 20

/**
 * The client of an HTTP request that came through proxies: walks Forwarded (RFC 7239) or else X-Forwarded-For from the last hop backwards and
 * answers the first address that no trusted proxy owns. A header from a peer that is not trusted says nothing.
 */
export function clientBehindProxies(
  peer: IpAddress,
  headers: ForwardingHeaders,
  trusted: readonly IpNetwork[],
): IpAddress {
  let client = peer
  for (const hop of hopsOf(headers).toReversed().slice(0, maxHops)) {
    if (!trusted.some((network) => isInNetwork(client, network))) return client
    if (hop === undefined) return client
    client = hop
  }
  return client
}

export interface ForwardingHeaders {
  readonly forwarded?: string | undefined
  readonly xForwardedFor?: string | undefined
}

function hopsOf({ forwarded, xForwardedFor }: ForwardingHeaders): (IpAddress | undefined)[] {
  if (forwarded !== undefined)
    return forwarded
      .split(',')
      .map((element) => parseNode(/(?:^|;)\s*for="?([^";,]+)"?/i.exec(element)?.[1]))
  return xForwardedFor?.split(',').map(parseNode) ?? []
}

/** RFC 7239 section 6: `192.0.2.1`, `192.0.2.1:4711`, `[2001:db8::1]:4711`; obfuscated names and "unknown" are no address. */
function parseNode(text: string | undefined): IpAddress | undefined {
  const node = text?.trim() ?? ''
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(node)?.[1]
  const withPort = /^([\d.]+):\d+$/.exec(node)?.[1]
  return parseIp(bracketed ?? withPort ?? node)
}
