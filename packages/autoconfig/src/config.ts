import { z } from 'zod'

/** `[autoconfig]` of gatepost.toml. */
export interface AutoconfigConfig {
  readonly enabled: boolean
  readonly display_name?: string
  readonly imaps_port?: number
  readonly imap_port?: number
  readonly submissions_port?: number
  readonly submission_port?: number
  readonly https_port?: number
}

const port = z.number().int().min(0).max(65_535).exactOptional()

function published(listener: string): string {
  return `Port under which \`listen.${listener}\` is reached from outside. Left out: its own; 0: not at all.`
}

export const autoconfigConfigSchema: z.ZodType<AutoconfigConfig> = z
  .strictObject({
    enabled: z
      .boolean()
      .default(true)
      .describe(
        'Whether mail programs find their settings over HTTP: Thunderbird, Outlook, Apple Mail, PACC. `gatepost dns show` prints the names that lead them there.',
      ),
    display_name: z
      .string()
      .min(1)
      .max(100)
      .exactOptional()
      .describe('What mail programs call the provider. Left out: the host name.'),
    imaps_port: port.describe(published('imaps')),
    imap_port: port.describe(published('imap')),
    submissions_port: port.describe(published('submissions')),
    submission_port: port.describe(published('submission')),
    https_port: port.describe(published('https')),
  })
  .prefault({})
