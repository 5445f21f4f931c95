import type { FailurePolicy, Remediation } from '@gatepost/security-crowdsec'
import { z } from 'zod'

import { originRules, type OriginRule } from './origin-rules.ts'
import { remedyNames, type ListenerRemedies, type Remedy } from './remedy.ts'

const failurePolicies = ['open', 'closed', 'last_known'] as const

/** `[remediation]`: what all listeners do about decisions; a listener may say otherwise for itself. */
export interface RemediationConfig extends Readonly<Record<Remediation, Remedy>> {
  readonly origins: Readonly<Record<string, OriginRule>>
  readonly on_failure: FailurePolicy['kind']
  readonly last_known_hours: number
  readonly tarpit_seconds: number
  readonly tarpit_connections: number
  readonly slow_seconds: number
  readonly known_senders: 'later' | 'refuse'
}
/** In `[listen.<name>]`. */
export type ListenerRemediationConfig = Readonly<
  Partial<Record<Remediation, Remedy | undefined>> & {
    origins?: Readonly<Record<string, OriginRule>> | undefined
    on_failure?: FailurePolicy['kind'] | undefined
  }
>

const remedy = z.enum(remedyNames)
const originRule = z.enum(['as_decided', 'until_login', ...remedyNames])
const origins = z.record(z.string().min(1).max(200), originRule)

export const remediationConfigSchema: z.ZodType<RemediationConfig> = z
  .strictObject({
    ban: remedy
      .default('refuse')
      .describe(
        'What a ban does. `refuse`: before the greeting, in the words of the protocol. `refuse_at_hello`: at EHLO (SMTP). `drop`: no words. `tarpit`: held for a while, then refused.',
      ),
    captcha: remedy
      .default('challenge')
      .describe(
        'What a captcha decision does. `challenge`: SMTP answers 451 until the client has logged in, IMAP refuses logins for now, HTTP answers 429.',
      ),
    hold: remedy
      .default('hold')
      .describe('What a hold decision does. `hold`: what the account sends waits in the queue.'),
    throttle: remedy
      .default('slow')
      .describe(
        'What a throttle decision does. `slow`: served after a wait, one connection at a time.',
      ),
    origins: origins
      .default({})
      .describe(
        'What is done about bans and captchas of an origin: `crowdsec`, `cscli`, `CAPI`, `lists`, `lists:<name>`, ... `as_decided`: as their type says. `until_login`: the same on `mx`; elsewhere the client is slowed until somebody logs in from there. Or a remedy, such as `ignore`. By default foreign lists (`CAPI`, `lists`, `cscli-import`) are `until_login`, all others `as_decided`.',
      ),
    on_failure: z
      .enum(failurePolicies)
      .default('open')
      .describe(
        'While the Local API does not answer, known decisions hold. `open`: everybody else comes in. `closed`: nobody does once it is down. `last_known`: as open, until what is known is older than `last_known_hours`.',
      ),
    last_known_hours: z
      .number()
      .min(0)
      .max(8760)
      .default(24)
      .describe('For `on_failure = "last_known"`.'),
    tarpit_seconds: z
      .number()
      .min(0)
      .max(600)
      .default(30)
      .describe('How long a tarpit holds a client.'),
    tarpit_connections: z
      .number()
      .int()
      .min(0)
      .max(100_000)
      .default(256)
      .describe('How many clients are held at once; those beyond are refused at once.'),
    slow_seconds: z
      .number()
      .min(0)
      .max(60)
      .default(3)
      .describe('The wait of a client under `slow`.'),
    known_senders: z
      .enum(['later', 'refuse'])
      .default('later')
      .describe(
        'What a ban answers on the MX to a source of which nearly all mail was good lately, such as a large provider. `later`: 4xx, so that its mail waits there until somebody has looked. `refuse`: 5xx, as to everybody.',
      ),
  })
  .prefault({})

type OriginChoice = z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodEnum<{ [K in OriginRule]: K }>>>
type Choice<Word extends string> = z.ZodOptional<z.ZodEnum<{ [K in Word]: K }>>

/** The keys of `[listen.<name>]` that say otherwise for one listener. */
export const listenerRemediationKeys: Record<Remediation, Choice<Remedy>> & {
  origins: OriginChoice
  on_failure: Choice<FailurePolicy['kind']>
} = {
  ban: remedy.optional().describe('As `remediation.ban`, for this listener.'),
  captcha: remedy.optional().describe('As `remediation.captcha`, for this listener.'),
  hold: remedy.optional().describe('As `remediation.hold`, for this listener.'),
  throttle: remedy.optional().describe('As `remediation.throttle`, for this listener.'),
  origins: origins
    .optional()
    .describe('As `remediation.origins`, for this listener: what is named here counts first.'),
  on_failure: z
    .enum(failurePolicies)
    .optional()
    .describe('As `remediation.on_failure`, for this listener.'),
}

export function remediesOf(
  all: RemediationConfig,
  own: ListenerRemediationConfig = {},
): ListenerRemedies {
  const onFailure = own.on_failure ?? all.on_failure
  return {
    ban: own.ban ?? all.ban,
    captcha: own.captcha ?? all.captcha,
    hold: own.hold ?? all.hold,
    throttle: own.throttle ?? all.throttle,
    origins: originRules(all.origins, own.origins),
    onFailure:
      onFailure === 'last_known'
        ? { kind: onFailure, maxAgeMs: all.last_known_hours * 3_600_000 }
        : { kind: onFailure },
  }
}
