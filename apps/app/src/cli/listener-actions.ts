import { remediesOf, type Remedy } from '@gatepost/gate'
import type { FilterVerdict } from '@gatepost/security-crowdsec'

import { listenerNames, type GatepostConfig, type ListenerName } from '../config/schema.ts'

export type ListenerActions = Readonly<Partial<Record<ListenerName, Remedy | 'serve'>>>

/** What each listener that is on does with a client of that verdict. */
export function listenerActions(
  { listen, remediation }: GatepostConfig,
  verdict: FilterVerdict['kind'],
): ListenerActions {
  const names = listenerNames.filter((name) => name !== 'admin' && listen[name].enabled)
  return Object.fromEntries(
    names.map((name) => {
      const action = verdict === 'allow' ? 'ignore' : remediesOf(remediation, listen[name])[verdict]
      return [name, action === 'ignore' ? 'serve' : action]
    }),
  )
}

/** Listeners that do the same together: `refuse: mx, imap; challenge: http`. */
export function actionsText(actions: ListenerActions): string {
  const byAction = Map.groupBy(Object.entries(actions), ([, action]) => action)
  return [...byAction]
    .map(([action, listeners]) => `${action}: ${listeners.map(([name]) => name).join(', ')}`)
    .join('; ')
}
