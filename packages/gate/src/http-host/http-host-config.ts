import { z } from 'zod'

export interface HttpHostConfig {
  readonly hosts: string[]
  readonly cross_origins: string[]
}

export const httpHostConfigSchema: z.ZodType<HttpHostConfig> = z
  .strictObject({
    hosts: z
      .array(
        z
          .string()
          .max(253)
          .regex(/^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/, 'not a host name'),
      )
      .max(100)
      .default([])
      .describe(
        'Names under which HTTP listeners are reached beside those that they listen on, `hostname`, `domains` and the names below them. A request for any other host gets 421: a page whose name was made to lead here reads nothing.',
      ),
    cross_origins: z
      .array(
        z
          .string()
          .max(300)
          .regex(
            /^https?:\/\/[a-z0-9.-]+(?::\d{1,5})?$/,
            'not an origin such as "https://webmail.example.org"',
          ),
      )
      .max(100)
      .default([])
      .describe(
        'Sites whose pages may use JMAP here, as `https://webmail.example.org`. Requests of every other page get 403, since browsers send passwords along unasked.',
      ),
  })
  .prefault({})
