import { carryOut, remediesOf, type CarriedOut, type Remedy } from '@gatepost/gate'
import type { FilterVerdict } from '@gatepost/security-crowdsec'

import type { GatepostConfig } from '../config/schema.ts'

export interface ListenerAction {
  readonly action: Remedy | 'serve'
  /** The rule of `[remediation.origins]` that says so, such as `CAPI = "until_login"`. */
  readonly rule?: string
}
export type ListenerActions = Readonly<Record<string, ListenerAction>>

/** What each listener that is on does with a client of that verdict. */
export function listenerActions(
  { listen, remediation }: GatepostConfig,
  verdict: FilterVerdict,
): ListenerActions {
  const enabled = Object.entries(listen).filter(([, one]) => one.enabled)
  return Object.fromEntries(
    enabled.map(([name, one]): [string, ListenerAction] => [
      name,
      verdict.kind === 'allow'
        ? { action: 'serve' }
        : actionOf(carryOut(verdict, name, remediesOf(remediation, one))),
    ]),
  )
}

function actionOf({ remedy, rule }: CarriedOut): ListenerAction {
  const action = remedy === 'ignore' ? 'serve' : remedy
  return rule === undefined ? { action } : { action, rule: `${rule.name} = "${rule.rule}"` }
}

/** For programs: what each listener does, and by which rule where there is one. */
export function listenersJson(actions: ListenerActions): {
  readonly listeners: Readonly<Record<string, string>>
  readonly rules?: Readonly<Record<string, string>>
} {
  const entries = Object.entries(actions)
  const listeners = Object.fromEntries(entries.map(([name, { action }]) => [name, action]))
  const rules = entries.flatMap(([name, { rule }]) => (rule === undefined ? [] : [[name, rule]]))
  return { listeners, ...(rules.length === 0 ? {} : { rules: Object.fromEntries(rules) }) }
}

/** Listeners that do the same together, and by which rule: `refuse: mx; slow: imap, https ([remediation.origins] capi = "until_login")`. */
export function actionsText(actions: ListenerActions): string {
  const byAction = Map.groupBy(Object.entries(actions), ([, { action, rule }]) =>
    JSON.stringify([action, rule]),
  )
  return [...byAction.values()]
    .map((listeners) => {
      const [first] = listeners
      const rule = first?.[1].rule
      const why = rule === undefined ? '' : ` ([remediation.origins] ${rule})`
      return `${first?.[1].action}: ${listeners.map(([name]) => name).join(', ')}${why}`
    })
    .join('; ')
}
