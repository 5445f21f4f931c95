import { parseNetwork } from '@gatepost/core'
import { z } from 'zod'

/** `[crowdsec]` of gatepost.toml. */
export interface CrowdsecConfig {
  readonly lapi_url?: string
  readonly api_key?: string
  readonly api_key_file?: string
  readonly engine: 'auto' | 'off'
  readonly poll_seconds: number
  readonly timeout_seconds: number
  readonly never_ban: string[]
}

const network = z
  .string()
  .refine(
    (text) => parseNetwork(text) !== undefined,
    'not an address or a network such as "192.0.2.0/24"',
  )

export const crowdsecConfigSchema: z.ZodType<CrowdsecConfig> = z
  .strictObject({
    lapi_url: z
      .url({ protocol: /^https?$/, error: 'not a URL such as "http://127.0.0.1:8080"' })
      .exactOptional()
      .describe(
        'Where the Local API listens. Left out: the engine on this machine is used, see `engine`.',
      ),
    api_key: z
      .string()
      .min(1)
      .exactOptional()
      .describe('Key made by `cscli bouncers add`. Better kept in a file: `api_key_file`.'),
    api_key_file: z.string().min(1).exactOptional().describe('File that holds the key.'),
    engine: z
      .enum(['auto', 'off'])
      .default('auto')
      .describe(
        '`auto`: without `lapi_url`, run the CrowdSec engine found on this machine as a child process. `off`: do not.',
      ),
    poll_seconds: z
      .number()
      .min(0.1)
      .max(3600)
      .default(1)
      .describe('How often new decisions are fetched.'),
    timeout_seconds: z
      .number()
      .min(0.1)
      .max(300)
      .default(10)
      .describe('How long an answer of the Local API may take.'),
    never_ban: z
      .array(network)
      .default(['127.0.0.1', '::1'])
      .describe('Addresses and networks that are never refused, whatever is decided.'),
  })
  .refine(
    (config) =>
      config.lapi_url === undefined ||
      config.api_key !== undefined ||
      config.api_key_file !== undefined,
    {
      error: 'lapi_url needs api_key or api_key_file',
      path: ['lapi_url'],
    },
  )
  .prefault({})
