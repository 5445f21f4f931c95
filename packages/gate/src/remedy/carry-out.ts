import type { DecidedVerdict, Decision, Ruling } from '@gatepost/security-crowdsec'

import { ruleFor, type OriginRule } from './origin-rules.ts'
import type { ListenerRemedies, Remedy } from './remedy.ts'

/** What a listener does about one decision, and which rule of `[remediation.origins]` has said so, if any did. */
export interface CarriedOut {
  readonly remedy: Remedy
  readonly decision: Decision
  /** As in the configuration, such as `capi`. */
  readonly rule?: { readonly name: string; readonly rule: OriginRule }
}

/** Nobody logs in where mail comes from strangers. */
const withoutLogins = 'mx'
/** The hardest first: of several decisions the one counts that comes to most. */
const severity: Readonly<Record<Remedy, number>> = {
  drop: 4,
  refuse: 4,
  tarpit: 4,
  refuse_at_hello: 4,
  challenge: 3,
  hold: 2,
  slow: 1,
  ignore: 0,
}

/** The strongest decision; where its origin has a rule of its own, the one of all that comes to most on the listener. */
export function carryOut(
  verdict: DecidedVerdict,
  listener: string,
  remedies: ListenerRemedies,
): CarriedOut {
  const hasLoggedIn = verdict.hasLoggedIn === true
  const one = (ruling: Ruling): CarriedOut => byOrigin(ruling, { listener, remedies, hasLoggedIn })
  const strongest = one(verdict)
  if (strongest.rule === undefined) return strongest
  // What somebody here has decided stands behind a foreign list's that is not carried out.
  return (verdict.others ?? [])
    .map(one)
    .reduce(
      (hardest, other) => (severity[other.remedy] > severity[hardest.remedy] ? other : hardest),
      strongest,
    )
}

function byOrigin(
  { kind, decision }: Ruling,
  {
    listener,
    remedies,
    hasLoggedIn,
  }: {
    readonly listener: string
    readonly remedies: ListenerRemedies
    readonly hasLoggedIn: boolean
  },
): CarriedOut {
  const asDecided = remedies[kind]
  // Whoever is only held or slowed is served already.
  if (kind === 'hold' || kind === 'throttle') return { remedy: asDecided, decision }
  const rule = ruleFor(decision, remedies.origins)
  if (rule.rule === 'as_decided') return { remedy: asDecided, decision }
  if (rule.rule !== 'until_login') return { remedy: rule.rule, decision, rule }
  if (listener === withoutLogins || asDecided === 'ignore')
    return { remedy: asDecided, decision, rule }
  return { remedy: hasLoggedIn ? 'ignore' : 'slow', decision, rule }
}
