import type { IpAddress } from '@gatepost/core'
import type {
  ConnectionFilter,
  Decision,
  Exemption,
  FilterVerdict,
  Ruling,
} from '@gatepost/security-crowdsec'

/** Why somebody is served or not. */
export interface Explanation {
  /** The address in its one spelling, or the user as he was asked for. */
  readonly subject: string
  readonly verdict: FilterVerdict['kind']
  /** The decision that counts. */
  readonly because?: Decision
  /** The weaker ones: a listener may choose one of them, see `[remediation.origins]`. */
  readonly others?: readonly Ruling[]
  /** Somebody has logged in from the address lately. */
  readonly hasLoggedIn?: true
  /** Why he is served although something is decided. */
  readonly exemption?: Exemption
  /** Everything that concerns him. */
  readonly decisions: readonly Decision[]
}

/** A user is judged without the address that he may come from: nobody comes from this one (RFC 3849). */
const nowhere: IpAddress = {
  family: 6,
  groups: [0x2001, 0xdb8, 0, 0, 0, 0, 0, 0],
  text: '2001:db8::',
}

export function explain(
  filter: ConnectionFilter,
  who: { readonly address: IpAddress } | { readonly user: string },
): Explanation {
  const verdict = 'user' in who ? filter.checkUser(who.user, nowhere) : filter.check(who.address)
  return {
    subject: 'user' in who ? who.user : who.address.text,
    verdict: verdict.kind,
    ...('decision' in verdict ? { because: verdict.decision } : {}),
    ...('others' in verdict ? { others: verdict.others } : {}),
    ...('hasLoggedIn' in verdict ? { hasLoggedIn: verdict.hasLoggedIn } : {}),
    ...('exemption' in verdict ? { exemption: verdict.exemption } : {}),
    decisions: filter.decisions('user' in who ? who : who.address),
  }
}

/** What the filter has said. */
export function verdictOf({
  verdict: kind,
  because,
  others,
  hasLoggedIn,
}: Explanation): FilterVerdict {
  if (kind === 'allow' || because === undefined) return { kind: 'allow' }
  return {
    kind,
    decision: because,
    ...(others === undefined ? {} : { others }),
    ...(hasLoggedIn === undefined ? {} : { hasLoggedIn }),
  }
}
