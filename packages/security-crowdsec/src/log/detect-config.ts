import { parseAddress } from '@gatepost/core'
import { z } from 'zod'

/** `[detect]` of gatepost.toml. */
export interface DetectConfig {
  readonly trap_addresses: string[]
  readonly burst_recipients: number
  readonly burst_minutes: number
}

const mailAddress = z.string().transform((text, context) => {
  const address = parseAddress(text)?.address
  if (address !== undefined) return address
  context.addIssue({ code: 'custom', message: `"${text}" is not a mail address` })
  return z.NEVER
})

export const detectConfigSchema: z.ZodType<DetectConfig> = z
  .strictObject({
    trap_addresses: z
      .array(mailAddress)
      .max(10_000)
      .prefault([])
      .describe(
        'Addresses that nobody was ever given, such as ones hidden in a web page: whoever writes to one is reported. Not accounts of anybody.',
      ),
    burst_recipients: z
      .number()
      .int()
      .min(1)
      .max(1_000_000)
      .default(300)
      .describe(
        'Recipients of one account within `detect.burst_minutes` that are reported as a burst: above what any user here sends.',
      ),
    burst_minutes: z
      .number()
      .min(1)
      .max(1440)
      .default(10)
      .describe('Over how long the recipients of an account are counted.'),
  })
  .prefault({})
