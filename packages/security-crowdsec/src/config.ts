import { parseNetwork } from '@gatepost/core'
import { z } from 'zod'

import { remediations, type Remediation } from './filter/connection-filter.ts'

type TypeMeaning = Remediation | 'allow' | 'ignore'

/** `[crowdsec]` of gatepost.toml. */
export interface CrowdsecConfig {
  readonly lapi_url?: string
  readonly api_key?: string
  readonly api_key_file?: string
  readonly client_certificate?: string
  readonly client_key?: string
  readonly ca_certificate?: string
  readonly live_api_key?: string
  readonly live_api_key_file?: string
  readonly machine_id?: string
  readonly machine_password_file?: string
  readonly engine: 'auto' | 'off'
  readonly poll_seconds: number
  readonly timeout_seconds: number
  readonly reconcile_seconds: number
  readonly down_after_seconds: number
  readonly snapshot: boolean
  readonly never_ban: string[]
  readonly allow_list: string[]
  readonly exempt_after_login_seconds: number
  readonly throttle_exempt_after_login_seconds: number
  readonly types: Readonly<Record<string, TypeMeaning>>
  readonly unknown_types: TypeMeaning
  readonly mmdb_files: string[]
  readonly usage_metrics_minutes: number
  readonly stream: CrowdsecStreamConfig
  readonly report: CrowdsecReportConfig
}

/** `[crowdsec.stream]`. */
export interface CrowdsecStreamConfig {
  readonly origins: string[]
  readonly scenarios_containing: string[]
  readonly scenarios_not_containing: string[]
}

/** As it may be written: everything has a default. */
interface CrowdsecStreamInput {
  readonly origins?: string[] | undefined
  readonly scenarios_containing?: string[] | undefined
  readonly scenarios_not_containing?: string[] | undefined
}

/** `[crowdsec.report]`. */
export interface CrowdsecReportConfig {
  readonly enabled: boolean
  readonly events: string[]
}

/** As it may be written: everything has a default. */
interface CrowdsecReportInput {
  readonly enabled?: boolean | undefined
  readonly events?: string[] | undefined
}

const network = z
  .string()
  .refine(
    (text) => parseNetwork(text) !== undefined,
    'not an address or a network such as "192.0.2.0/24"',
  )
const meaning = z.enum([...remediations, 'allow', 'ignore'])
const file = z.string().min(1).exactOptional()

function isLapiUrl(text: string): boolean {
  return /^unix:(?:\/\/)?\/./.test(text) || (/^https?:\/\//.test(text) && URL.canParse(text))
}

const reportSchema: z.ZodPrefault<z.ZodType<CrowdsecReportConfig, CrowdsecReportInput>> = z
  .strictObject({
    enabled: z
      .boolean()
      .default(false)
      .describe(
        'Post certain attacks to the Local API at once, beside the security log. Its profiles and allow lists decide what comes of it.',
      ),
    events: z
      .array(z.string().min(1))
      .default(['smuggling_attempt', 'starttls_injection', 'http_on_mail_port', 'trap_rcpt'])
      .describe(
        'Events, and kinds of `protocol_abuse`, that are reported: those that no honest client causes.',
      ),
  })
  .prefault({})

// They are sent as one list with commas between.
const word = z
  .string()
  .min(1)
  .max(200)
  .refine((text) => !text.includes(','), 'a comma ends a word')

const streamSchema: z.ZodPrefault<z.ZodType<CrowdsecStreamConfig, CrowdsecStreamInput>> = z
  .strictObject({
    origins: z
      .array(word)
      .max(100)
      .default([])
      .describe(
        'Only decisions of these origins are fetched: `crowdsec`, `cscli`, `CAPI`, `lists`, ... Empty: of all.',
      ),
    scenarios_containing: z
      .array(word)
      .max(100)
      .default([])
      .describe('Only decisions whose scenario has one of these in its name. Empty: all.'),
    scenarios_not_containing: z
      .array(word)
      .max(100)
      .default([])
      .describe('No decisions whose scenario has one of these in its name, such as `http`.'),
  })
  .prefault({})

export const crowdsecConfigSchema: z.ZodType<CrowdsecConfig> = z
  .strictObject({
    lapi_url: z
      .string()
      .refine(isLapiUrl, 'not a URL such as "http://127.0.0.1:8080" or "unix:/run/lapi.sock"')
      .exactOptional()
      .describe(
        'Where the Local API listens: `http://`, `https://` or `unix:/path`. Left out: the engine on this machine is used, see `engine`.',
      ),
    api_key: z
      .string()
      .min(1)
      .exactOptional()
      .describe('Key made by `cscli bouncers add`. Better kept in a file: `api_key_file`.'),
    api_key_file: file.describe('File that holds the key. One key serves one Gatepost.'),
    client_certificate: file.describe(
      'PEM file with a client certificate, instead of a key; needs `client_key` and https.',
    ),
    client_key: file.describe('PEM file with the private key of `client_certificate`.'),
    ca_certificate: file.describe(
      'PEM file with the authority that has signed the Local API’s certificate. Left out: those of the system.',
    ),
    live_api_key: z
      .string()
      .min(1)
      .exactOptional()
      .describe(
        'A second key: an address whose login has just failed is asked about three times within two seconds. Left out: it is the next poll that tells.',
      ),
    live_api_key_file: file.describe('File that holds the second key.'),
    machine_id: z
      .string()
      .min(1)
      .exactOptional()
      .describe(
        'Name of the machine made by `cscli machines add`: for `report`, and for `gatepost crowdsec unban`.',
      ),
    machine_password_file: file.describe('File with its password.'),
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
    reconcile_seconds: z
      .number()
      .min(1)
      .max(86_400)
      .default(300)
      .describe(
        'How often at least the whole list is fetched and compared, since a change can miss a decision that is being made at the same moment. As long as it takes less than a hundredth of the time, it is every five seconds.',
      ),
    down_after_seconds: z
      .number()
      .min(0)
      .max(86_400)
      .default(60)
      .describe('After so long without a good answer the filter is `down`, before that `stale`.'),
    snapshot: z
      .boolean()
      .default(true)
      .describe('Keep decisions in the data folder, for a start while the Local API is away.'),
    never_ban: z
      .array(network)
      .default(['127.0.0.1', '::1'])
      .describe(
        'Addresses and networks that are never refused, whatever is decided, and never reported. Trusted proxies are among them.',
      ),
    allow_list: z
      .array(network)
      .default([])
      .describe('Addresses and networks that decisions on addresses do not concern.'),
    exempt_after_login_seconds: z
      .number()
      .min(0)
      .max(31_536_000)
      .default(0)
      .describe(
        'For so long after a login over TLS its address is exempt from decisions on addresses, and its user there from those on his account. 0: not at all.',
      ),
    throttle_exempt_after_login_seconds: z
      .number()
      .min(0)
      .max(31_536_000)
      .default(2_592_000)
      .describe(
        'For so long after a login over TLS its user is not slowed there (IPv6: in the same /64) for what strangers do to his account: exempt from a `throttle` of the account, but not from one for an attack that came from where several people log in. 0: not at all.',
      ),
    types: z
      .record(z.string().min(1), meaning)
      .default({})
      .describe(
        'What a type of decision means: `ban`, `captcha`, `hold`, `throttle`, `allow` or `ignore`. Those six, and `whitelist`, mean what they say.',
      ),
    unknown_types: meaning.default('ignore').describe('What any other type means.'),
    mmdb_files: z
      .array(z.string().min(1))
      .max(8)
      .default([])
      .describe(
        'Files in mmdb format with countries or autonomous systems; without them, decisions on those concern nobody.',
      ),
    usage_metrics_minutes: z
      .number()
      .min(0)
      .max(1440)
      .default(15)
      .describe('How often the Local API is told what was refused. 0: never.'),
    stream: streamSchema,
    report: reportSchema,
  })
  .refine(
    (config) =>
      config.lapi_url === undefined ||
      config.api_key !== undefined ||
      config.api_key_file !== undefined ||
      config.client_certificate !== undefined,
    {
      error: 'lapi_url needs api_key, api_key_file or client_certificate',
      path: ['lapi_url'],
    },
  )
  .refine(
    ({ report, machine_id: id, machine_password_file: password }) =>
      !report.enabled || (id !== undefined && password !== undefined),
    { error: 'a report needs machine_id and machine_password_file', path: ['report'] },
  )
  .refine(
    ({ client_certificate: certificate, client_key: key }) =>
      (certificate === undefined) === (key === undefined),
    { error: 'client_certificate and client_key belong together', path: ['client_certificate'] },
  )
  .prefault({})
