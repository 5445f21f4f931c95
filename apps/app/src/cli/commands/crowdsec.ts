import type { Decision } from '@gatepost/security-crowdsec'

import type { Command, CommandContext } from '../command.ts'
import { openCrowdsecView, type CrowdsecView } from '../crowdsec-view.ts'
import { table } from '../table.ts'

async function withView(
  context: CommandContext,
  use: (view: CrowdsecView) => Promise<void>,
): Promise<void> {
  await using resources = new AsyncDisposableStack()
  await use(await openCrowdsecView(context.loaded.config, resources))
}

function rowOf({
  id,
  value,
  type,
  scenario,
  origin,
  until,
}: Decision): Record<string, string | number> {
  return { id, value, type, scenario, origin, ends: new Date(until).toISOString() }
}

export const crowdsecCommands: readonly Command[] = [
  {
    name: 'crowdsec status',
    usage: '',
    summary: 'whether decisions come in',
    minPositionals: 0,
    maxPositionals: 0,
    run: (context) =>
      withView(context, async (view) => {
        const { state, decisions, lastSuccessAt, lastError } = await view.status()
        if (context.isJson) {
          context.print(
            JSON.stringify({ source: view.source, state, decisions, lastSuccessAt, lastError }),
          )
          return
        }
        const last = lastSuccessAt === null ? 'never' : new Date(lastSuccessAt).toISOString()
        context.print(
          `${state}: ${decisions} decisions, last answer ${last}${lastError === null ? '' : `, last error: ${lastError}`} (from the ${view.source})`,
        )
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
        context.print(
          context.isJson ? JSON.stringify(decisions) : table(decisions.map(rowOf), 'no decisions'),
        )
      }),
  },
  {
    name: 'crowdsec explain',
    usage: '<ip>',
    summary: 'whether an address is refused, and why',
    minPositionals: 1,
    maxPositionals: 1,
    run: (context) =>
      withView(context, async (view) => {
        const explanation = await view.explain(context.positionals[0] ?? '')
        if (context.isJson) {
          context.print(JSON.stringify(explanation))
          return
        }
        const verdict = explanation.verdict === 'ban' ? 'is refused' : 'may come in'
        context.print(
          `${explanation.address} ${verdict}\n${table(explanation.decisions.map(rowOf), 'no decision concerns it')}`,
        )
      }),
  },
]
