import type { Decision } from '@gatepost/security-crowdsec'

import { verdictOf } from '../../server/explain.ts'
import type { Command, CommandContext } from '../command.ts'
import { openCrowdsecView, type CrowdsecView } from '../crowdsec-view.ts'
import { durationText } from '../duration-text.ts'
import { actionsText, listenerActions, listenersJson } from '../listener-actions.ts'
import { painted } from '../painted.ts'
import { table } from '../table.ts'
import { unban } from '../unban.ts'

async function withView(
  context: CommandContext,
  use: (view: CrowdsecView, resources: AsyncDisposableStack) => Promise<void>,
): Promise<void> {
  await using resources = new AsyncDisposableStack()
  await use(await openCrowdsecView(context.loaded.config, resources), resources)
}

/** As JSON where that is asked for, else in words. */
function show(context: CommandContext, value: unknown, words: () => string): void {
  context.print(context.isJson ? JSON.stringify(value) : words())
}

function rowOf(decision: Decision): Record<string, string | number> {
  const { id, scope, value, type, scenario, origin, until } = decision
  return {
    id,
    scope,
    value,
    type,
    scenario,
    origin,
    remaining: durationText(until - Date.now()),
    ends: new Date(until).toISOString(),
  }
}

const verdicts = {
  allow: 'may come in',
  ban: 'is refused',
  captcha: 'has to prove itself (captcha)',
  hold: 'is served, what it sends is held (hold)',
  throttle: 'is served slowly (throttle)',
} as const
const exemptions = {
  never_ban: 'it is never banned ([crowdsec] never_ban, or a trusted proxy)',
  allow_list: 'it is on [crowdsec] allow_list',
  allow_decision: 'a decision allows it',
  strong_login:
    'somebody has logged in from there lately ([crowdsec] exempt_after_login_seconds, throttle_exempt_after_login_seconds)',
} as const

export const crowdsecCommands: readonly Command[] = [
  {
    name: 'crowdsec status',
    usage: '',
    summary: 'whether decisions come in',
    minPositionals: 0,
    maxPositionals: 0,
    run: (context) =>
      withView(context, async (view) => {
        const status = await view.status()
        const { state, decisions, lastSuccessAt, ageMs, lastError } = status
        show(context, { source: view.source, ...status }, () => {
          const last = lastSuccessAt === null ? 'never' : new Date(lastSuccessAt).toISOString()
          const age = ageMs === null ? '' : `, known since ${durationText(ageMs)} ago`
          const error = lastError === null ? '' : `, last error: ${lastError}`
          return `${painted(state)}: ${decisions} decisions, last answer ${last}${age}${error} (from the ${view.source})`
        })
      }),
  },
  {
    name: 'crowdsec decisions',
    usage: '',
    summary: 'everything that is decided now',
    minPositionals: 0,
    maxPositionals: 0,
    run: (context) =>
      withView(context, async (view) => {
        const decisions = await view.decisions()
        show(context, decisions, () => table(decisions.map(rowOf), 'no decisions'))
      }),
  },
  {
    name: 'crowdsec explain',
    usage: '<ip|user>',
    summary: 'whether an address or a user is refused, and why',
    minPositionals: 1,
    maxPositionals: 1,
    run: (context) =>
      withView(context, async (view) => {
        const explanation = await view.explain(context.positionals[0] ?? '')
        const { subject, verdict, because, exemption, decisions } = explanation
        const listeners = listenerActions(context.loaded.config, verdictOf(explanation))
        show(context, { ...explanation, ...listenersJson(listeners) }, () => {
          const reason =
            exemption === undefined
              ? because === undefined
                ? ''
                : `: decision ${because.id}, ${because.scenario} (${because.origin}), ${durationText(because.until - Date.now())} to go`
              : `: ${exemptions[exemption]}`
          const actions = verdict === 'allow' ? '' : `\n${actionsText(listeners)}`
          return `${subject} ${painted(verdict, verdicts[verdict])}${reason}${actions}\n${table(decisions.map(rowOf), 'no decision concerns it')}`
        })
      }),
  },
  {
    name: 'crowdsec unban',
    usage: '<ip|network|user>',
    summary: 'deletes the decisions on it',
    minPositionals: 1,
    maxPositionals: 1,
    run: (context) =>
      withView(context, async (view, resources) => {
        const target = context.positionals[0] ?? ''
        const { config } = context.loaded
        const result = await unban(view, target, { config, resources })
        show(context, result, () => {
          const deleted = `deleted ${result.deleted.length} decision${result.deleted.length === 1 ? '' : 's'} on ${target}`
          if (result.left.length === 0) return deleted
          return `${deleted}; these are wider and still concern it (gatepost crowdsec unban <network>):\n${table(result.left.map(rowOf), '')}`
        })
      }),
  },
  {
    name: 'crowdsec simulate',
    usage: '',
    summary: 'who would be refused if simulated decisions were real',
    minPositionals: 0,
    maxPositionals: 0,
    run: (context) =>
      withView(context, async (view) => {
        const simulation = await view.simulation()
        show(context, simulation, () => {
          const clients = simulation.clients.map(({ address, kind, decision }) => ({
            client: address,
            would: kind,
            scenario: decision.scenario,
            decision: decision.id,
          }))
          return [
            table(simulation.decisions.map(rowOf), 'no decision is simulated'),
            '',
            table(clients, 'no client of late would have been refused'),
          ].join('\n')
        })
      }),
  },
]
