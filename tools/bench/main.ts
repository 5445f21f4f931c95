/**
 * `npm run -s bench -- store|smtp|fetch|latency|lists|commands|large|filter|crowdsec-lines [--messages N]`, `crowdsec-latency [--trials N]`: measures and prints JSON lines, each with its target where there is one.
 * Compare figures of one run on one machine only.
 */
import { parseArgs } from 'node:util'

import { benchCommands } from './commands.ts'
import { benchCrowdsecLatency } from './crowdsec-latency.ts'
import { benchCrowdsecLines } from './crowdsec-lines.ts'
import { benchFetch } from './fetch.ts'
import { benchFilter } from './filter.ts'
import { benchLarge } from './large.ts'
import { benchLatency } from './latency.ts'
import { benchLists } from './lists.ts'
import { benchSmtp } from './smtp.ts'
import { benchStore } from './store.ts'

const benches = {
  store: benchStore,
  smtp: benchSmtp,
  fetch: benchFetch,
  latency: benchLatency,
  lists: benchLists,
  commands: benchCommands,
  large: benchLarge,
  filter: benchFilter,
  'crowdsec-latency': benchCrowdsecLatency,
  'crowdsec-lines': benchCrowdsecLines,
}
const defaults = {
  store: 100_000,
  smtp: 10_000,
  fetch: 100_000,
  latency: 100_000,
  lists: 100_000,
  commands: 50_000,
  large: 20,
  filter: 100_000,
  'crowdsec-latency': 30,
  'crowdsec-lines': 100_000,
}

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { messages: { type: 'string' }, trials: { type: 'string' } },
})
const [name] = positionals
if (name === undefined || !Object.hasOwn(benches, name)) {
  console.error(
    'usage: npm run -s bench -- store|smtp|fetch|latency|lists|commands|large|filter|crowdsec-lines [--messages N] | crowdsec-latency [--trials N]',
  )
  process.exit(2)
}
const bench = name as keyof typeof benches
await benches[bench](Number(values.messages ?? values.trials ?? defaults[bench]))
