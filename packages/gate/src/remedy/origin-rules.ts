import type { Decision } from '@gatepost/security-crowdsec'

import type { Remedy } from './remedy.ts'

/**
 * What a decision's origin makes of a ban or a captcha. `as_decided`: what is said of its type. `until_login`: the same where nobody can log in (the
 * listener for mail from strangers); elsewhere served slowly until somebody logs in from the address. Or a remedy of its own.
 */
export type OriginRule = 'as_decided' | 'until_login' | Remedy

/** By origin in lower case; `lists` is for every `lists:<name>` that has no rule of its own. */
export type OriginRules = Readonly<Record<string, OriginRule>>

/** Lists that others have made: nobody here has seen these addresses do anything, and a traveller's may be among them. */
export const foreignOrigins: OriginRules = {
  capi: 'until_login',
  lists: 'until_login',
  'cscli-import': 'until_login',
}

/** The rule for a decision and the name that it has in the configuration. */
export function ruleFor(
  { origin }: Pick<Decision, 'origin'>,
  rules: OriginRules,
): { readonly name: string; readonly rule: OriginRule } {
  const exact = origin.toLowerCase()
  for (const name of [exact, exact.split(':', 1)[0] ?? exact]) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (rule !== undefined) return { name, rule }
  }
  return { name: exact, rule: 'as_decided' }
}

/** As configured, in any spelling. Those that come later say otherwise. */
export function originRules(
  ...configured: readonly (Readonly<Record<string, OriginRule>> | undefined)[]
): OriginRules {
  const entries = configured.flatMap((rules) => Object.entries(rules ?? {}))
  const lower = entries.map(([name, rule]) => [name.toLowerCase(), rule] as const)
  return { ...foreignOrigins, ...Object.fromEntries(lower) }
}
