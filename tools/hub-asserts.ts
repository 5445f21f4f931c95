/**
 * `node tools/with-toolchain.mjs node tools/hub-asserts.ts [--engine FOLDER] [NAME...]`: lets the engine write the assertions of the hub tests anew.
 * Read the difference before committing it: an assertion is only worth what somebody thought about it.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { HubFixture } from '../apps/app/test/crowdsec/hub-fixture.ts'
import { findEngine } from '../packages/security-crowdsec/src/engine/find-engine.ts'
import { hub, hubTests } from '../packages/security-crowdsec/test/replay/hub-item.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { engine: { type: 'string' } },
})
const engine = await findEngine(
  process.env,
  values.engine === undefined ? undefined : [values.engine],
)
if (engine === undefined) throw new Error('there is no engine: npm run crowdsec:fetch')

/** Of a long log the first lines are as good as all. */
const mostEvents = 60
function indexIn(line: string): number {
  return Number(/\]\[(\d+)\]/.exec(line)?.[1] ?? 0)
}

for (const name of positionals.length === 0 ? hubTests() : positionals) {
  const folder = join(hub, '.tests', name)
  for (const kind of ['parser', 'scenario']) writeFileSync(join(folder, `${kind}.assert`), '')
  using fixture = await HubFixture.open(engine)
  if (fixture === undefined) throw new Error("the hub's parsers are not there")
  const { output } = await fixture.run(name)
  const lines = output.split('\n').map((line) => line.trim())
  // What other parsers make of a line is theirs to test; where the log lies means nothing.
  const parsed = lines.filter(
    (line) =>
      indexIn(line) < mostEvents &&
      ((line.includes('["s01-parse"]["gatepost/mail-logs"]') &&
        !/\["datasource_|Parsed\[|Unmarshaled/.test(line)) ||
        (line.includes('["gatepost/mail-old-lines"]') && line.includes('.Success'))),
  )
  const judged = lines.filter(
    (line) => /^len\(results\) ==|results\[\d+\]/.test(line) && !/datasource_|Evt\./.test(line),
  )
  // The first count is that of the parsers.
  const alerts = judged.slice(judged.findLastIndex((line) => line.startsWith('len(results)')))
  writeFileSync(join(folder, 'parser.assert'), `${parsed.join('\n')}\n`)
  writeFileSync(join(folder, 'scenario.assert'), `${alerts.join('\n')}\n`)
  console.log(`${name}: ${parsed.length} about lines, ${alerts.length} about alerts`)
}
