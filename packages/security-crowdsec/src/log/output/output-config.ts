import { z } from 'zod'

/** `[log.security_http]` of gatepost.toml. */
export interface SecurityHttpConfig {
  readonly url: string
  readonly authorization_file?: string
  readonly socket?: string
  readonly ca?: string
  readonly certificate?: string
  readonly key?: string
}

export const securityHttpConfigSchema: z.ZodType<SecurityHttpConfig> = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/, error: 'not a URL such as "https://crowdsec:8090/gatepost"' })
      .describe(
        'Where a CrowdSec engine listens with `source: http`: gets the security events as they happen. What it does not take is sent again; the oldest of more than 16 MiB go.',
      ),
    authorization_file: z
      .string()
      .min(1)
      .exactOptional()
      .describe('File with the value of the `Authorization` header, such as `Bearer ...`.'),
    socket: z
      .string()
      .min(1)
      .exactOptional()
      .describe("Unix socket to connect to instead of the URL's host."),
    ca: z
      .string()
      .min(1)
      .exactOptional()
      .describe("PEM file: whose certificates are believed instead of the system's."),
    certificate: z.string().min(1).exactOptional().describe('PEM file with our certificate.'),
    key: z.string().min(1).exactOptional().describe('PEM file with its private key.'),
  })
  .refine(
    ({ certificate, key }) => (certificate === undefined) === (key === undefined),
    'certificate and key belong together',
  )
