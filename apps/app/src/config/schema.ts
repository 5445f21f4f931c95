import { hostname as systemHostname } from 'node:os'

import { autoconfigConfigSchema, type AutoconfigConfig } from '@gatepost/autoconfig'
import { normaliseDomain, normaliseHostName, parseAddress } from '@gatepost/core'
import {
  httpHostConfigSchema,
  limitsConfigSchema,
  listenerConfigSchema,
  networkTextSchema,
  proxyConfigSchema,
  remediationConfigSchema,
  type HttpHostConfig,
  type LimitsConfig,
  type ListenerConfig,
  type ProxyConfig,
  type RemediationConfig,
} from '@gatepost/gate'
import {
  crowdsecConfigSchema,
  detectConfigSchema,
  securityHttpConfigSchema,
  type CrowdsecConfig,
  type DetectConfig,
  type SecurityHttpConfig,
} from '@gatepost/security-crowdsec'
import { z } from 'zod'

import { listeners } from './listeners.ts'

/** gatepost.toml, checked and with its defaults. */
export interface GatepostConfig {
  readonly hostname: string
  readonly data: string
  readonly domains: string[]
  readonly listen: Readonly<Record<string, ListenerConfig>>
  readonly tls: { readonly certificate?: string; readonly key?: string }
  readonly crowdsec: CrowdsecConfig
  readonly detect: DetectConfig
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error'
    readonly format: 'auto' | 'json' | 'text'
    readonly security_file?: string
    readonly security_file_mb: number
    readonly security_files_kept: number
    readonly security_http?: SecurityHttpConfig
  }
  readonly proxy: ProxyConfig
  readonly http: HttpHostConfig
  readonly remediation: RemediationConfig
  readonly limits: LimitsConfig
  readonly outbound: OutboundConfig
  readonly autoconfig: AutoconfigConfig
  readonly auth: { readonly scram: boolean }
  readonly admin: { readonly address?: string; readonly login: 'elsewhere' | 'always' }
}

export interface OutboundConfig {
  readonly relay?: string
  readonly relay_user?: string
  readonly relay_password_file?: string
  readonly private_networks: string[]
}

function named(normalise: (text: string) => string | undefined, what: string): z.ZodType<string> {
  return z.string().transform((text, context) => {
    const normalised = normalise(text)
    if (normalised !== undefined) return normalised
    context.addIssue({ code: 'custom', message: `"${text}" is not a ${what}` })
    return z.NEVER
  })
}

const hostName = named(normaliseHostName, 'host name')
const domain = named(normaliseDomain, 'domain name')

const mailAddress = named((text) => parseAddress(text)?.address, 'mail address')

function defaultHostname(): string {
  return normaliseHostName(systemHostname()) ?? 'localhost'
}

export const configSchema: z.ZodType<GatepostConfig> = z.strictObject({
  hostname: hostName
    .prefault(defaultHostname)
    .describe(
      'What the server calls itself: in greetings, trace fields and reports. Should be the name in its certificate and in MX records.',
    ),
  data: z
    .string()
    .min(1)
    .default('./data')
    .describe('Folder for everything that has to be kept. Relative to the configuration file.'),
  domains: z
    .array(domain)
    .min(1)
    .max(10_000)
    .prefault(['example.test'])
    .describe(
      'Domains whose mail is accepted from the first start on; more are added with `gatepost domain add`, and one that is taken out here stays until `gatepost domain delete`. A-labels and U-labels (`bücher.example`) are one.',
    ),
  listen: z
    .strictObject(Object.fromEntries(listeners.map((one) => [one.name, listenerConfigSchema(one)])))
    .prefault({}),
  tls: z
    .strictObject({
      certificate: z
        .string()
        .min(1)
        .exactOptional()
        .describe('PEM file with the certificate chain. Left out: a self-signed one is made.'),
      key: z.string().min(1).exactOptional().describe('PEM file with the private key.'),
    })
    .refine(
      ({ certificate, key }) => (certificate === undefined) === (key === undefined),
      'certificate and key belong together',
    )
    .prefault({}),
  auth: z
    .strictObject({
      scram: z
        .boolean()
        .default(true)
        .describe(
          'Keys for SCRAM-SHA-256 are made of every new password, and SCRAM is offered when all accounts have some. In a stolen database such keys are nine times cheaper, by the figures of OWASP, to guess at than the other hash of the password (docs/adr/0022).',
        ),
    })
    .prefault({}),
  crowdsec: crowdsecConfigSchema,
  detect: detectConfigSchema,
  log: z
    .strictObject({
      level: z
        .enum(['debug', 'info', 'warn', 'error'])
        .default('info')
        .describe('What is worth a line.'),
      format: z
        .enum(['auto', 'json', 'text'])
        .default('auto')
        .describe('`json`: one object per line; `text`: for people; `auto`: text on a terminal.'),
      security_file: z
        .string()
        .min(1)
        .exactOptional()
        .describe(
          'File that gets the security events too, for a CrowdSec engine that reads files.',
        ),
      security_file_mb: z
        .number()
        .min(0)
        .max(100_000)
        .default(64)
        .describe('Megabytes at which the file is renamed to `.1` and begun anew; 0: never.'),
      security_files_kept: z
        .number()
        .int()
        .min(0)
        .max(1000)
        .default(4)
        .describe('How many renamed files are kept.'),
      security_http: securityHttpConfigSchema.exactOptional(),
    })
    .prefault({}),
  proxy: proxyConfigSchema,
  http: httpHostConfigSchema,
  remediation: remediationConfigSchema,
  limits: limitsConfigSchema,
  autoconfig: autoconfigConfigSchema,
  admin: z
    .strictObject({
      address: mailAddress
        .exactOptional()
        .describe(
          'Address of the operator: gets what is sent to postmaster and abuse of a domain where nobody has these names. Left out: the account that was made first.',
        ),
      login: z
        .enum(['elsewhere', 'always'])
        .default('elsewhere')
        .describe(
          'Who logs in at the admin listener: `elsewhere`, whoever is not on this machine; `always`, programs on it too. With the address and password of an administrator (`gatepost account role`), or with the token in `admin-token` of the data folder (`Authorization: Bearer`). /healthz and /readyz need no login.',
        ),
    })
    .prefault({}),
  outbound: z
    .strictObject({
      relay: z
        .string()
        .regex(/^[^:\s]+:\d{1,5}$/, 'not "host:port"')
        .exactOptional()
        .describe(
          '`host:port` of a server that takes all outgoing mail. Left out: mail goes to the MX of its domain. Port 465 means TLS from the start.',
        ),
      relay_user: z
        .string()
        .min(1)
        .exactOptional()
        .describe('Login at the relay; TLS with a valid certificate is required then.'),
      relay_password_file: z
        .string()
        .min(1)
        .exactOptional()
        .describe('File with the password for the relay.'),
      private_networks: z
        .array(networkTextSchema)
        .default([])
        .describe(
          'Networks that are not of the internet, or addresses of this machine, to which mail may be sent nonetheless. Without it nothing is connected to that a stranger’s MX record names inside.',
        ),
    })
    .refine(
      ({ relay_user: user, relay_password_file: file }) =>
        (user === undefined) === (file === undefined),
      'relay_user and relay_password_file belong together',
    )
    .prefault({}),
})
