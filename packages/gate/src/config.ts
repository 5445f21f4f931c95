import { parseNetwork } from '@gatepost/core'
import { z } from 'zod'

import type { Listener } from './listener.ts'
import {
  listenerRemediationKeys,
  type ListenerRemediationConfig,
} from './remedy/remediation-config.ts'

/** One `[listen.<name>]`. */
export interface ListenerConfig extends ListenerRemediationConfig {
  readonly enabled: boolean
  readonly address: string
  readonly proxy_protocol?: boolean | undefined
  readonly greeting_wait_seconds?: number | undefined
}
/** As it may be written: everything has a default. */
export interface ListenerInput extends ListenerRemediationConfig {
  readonly enabled?: boolean | undefined
  readonly address?: string | undefined
  readonly proxy_protocol?: boolean | undefined
  readonly greeting_wait_seconds?: number | undefined
}
export interface ProxyConfig {
  readonly trusted: string[]
  readonly header: string
}
export interface LimitsConfig {
  readonly connections: number
  readonly connections_per_address: number
  readonly connections_per_account: number
  readonly message_bytes: number
  readonly memory_bytes: number
  readonly spool_bytes: number
}

const address = /^(?:\[[0-9a-fA-F:.]+\]|[^:\s]+):(\d{1,5})$/

function isListenAddress(text: string): boolean {
  return Number(address.exec(text)?.[1] ?? Number.NaN) <= 65_535
}

/** `host:port` or `[v6]:port`, as `isListenAddress` accepts it. */
export function splitListenAddress(text: string): { readonly host: string; readonly port: number } {
  const colon = text.lastIndexOf(':')
  return {
    host: text.slice(0, colon).replaceAll(/^\[|\]$/g, ''),
    port: Number(text.slice(colon + 1)),
  }
}

export function listenerConfigSchema(
  defaults: Listener,
): z.ZodPrefault<z.ZodType<ListenerConfig, ListenerInput>> {
  const schema = z.strictObject({
    enabled: z
      .boolean()
      .default(defaults.isEnabled ?? true)
      .describe(`Whether to listen: ${defaults.what}.`),
    address: z
      .string()
      .refine(isListenAddress, 'not "host:port" such as "0.0.0.0:25" or "[::]:25"')
      .default(defaults.address)
      .describe('`host:port`; `[::]:25` listens on IPv6 and IPv4.'),
    proxy_protocol: z
      .boolean()
      .default(false)
      .describe(
        'Peers in `proxy.trusted` must begin with a PROXY protocol header (version 1 or 2), which names the real client.',
      ),
    ...listenerRemediationKeys,
  })
  if (defaults.greetingWaitSeconds === undefined) return schema.prefault({})
  return schema
    .extend({
      greeting_wait_seconds: z
        .number()
        .min(0)
        .max(30)
        .default(defaults.greetingWaitSeconds)
        .describe(
          'How long a client waits for the greeting that has not kept silent for so long within a day. One that speaks first is refused and logged as `early_talker`. 0: nobody waits.',
        ),
    })
    .prefault({})
}

/** An address or a network, as text. */
export const networkTextSchema: z.ZodString = z
  .string()
  .refine(
    (text) => parseNetwork(text) !== undefined,
    'not an address or a network such as "10.0.0.0/8"',
  )

export const proxyConfigSchema: z.ZodType<ProxyConfig> = z
  .strictObject({
    trusted: z
      .array(networkTextSchema)
      .default([])
      .describe(
        'Proxies that are believed: their PROXY headers, and over HTTP the field of `proxy.header`.',
      ),
    header: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,64}$/, 'not the name of a header field, such as "x-forwarded-for"')
      .transform((name) => name.toLowerCase())
      .prefault('x-forwarded-for')
      .describe(
        'The one HTTP header field in which trusted proxies name the client: `x-forwarded-for` or another with a list of addresses (scheme and host then come from X-Forwarded-Proto and X-Forwarded-Host), or `forwarded` (RFC 7239). Read from the right, as far as the proxies are trusted; every other such field is ignored.',
      ),
  })
  .prefault({})

export const limitsConfigSchema: z.ZodType<LimitsConfig> = z
  .strictObject({
    connections: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .default(8192)
      .describe(
        'Open connections, all protocols together. Strangers may have three quarters, on one listener half, from one network (/24, /48) an eighth: the rest is for those who are known.',
      ),
    connections_per_address: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .default(128)
      .describe(
        'Open connections of one client: an IPv4 address, an IPv6 /64. Four times as many from where somebody has logged in lately; less while strangers hold half of all.',
      ),
    connections_per_account: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .default(256)
      .describe('Open connections that are logged in to one account, from wherever they come.'),
    message_bytes: z
      .number()
      .int()
      .min(65_536)
      .max(1_073_741_824)
      .default(36_700_160)
      .describe(
        'Largest message accepted, in bytes as transferred (35 MiB carry about 25 MiB of attachments).',
      ),
    memory_bytes: z
      .number()
      .int()
      .min(16_777_216)
      .max(1_099_511_627_776)
      .default(805_306_368)
      .describe(
        'Memory for messages on their way in and answers on their way out, all listeners together. Each listener shares out at most 256 MiB of it; what does not fit is told to come later.',
      ),
    spool_bytes: z
      .number()
      .int()
      .min(16_777_216)
      .max(1_099_511_627_776)
      .default(2_147_483_648)
      .describe(
        'Disk in `spool` of the data folder for messages above 1 MiB on their way in, all listeners together. One source has a quarter of it, and four of the largest messages at most; what does not fit is told to come later.',
      ),
  })
  .prefault({})
