/**
 * `npm run -s attack -- [--short] [NAME...]`: what an attacker can do against the whole server, on loopback, one attack after the other; the short form is
 * apps/app/test/attack. One JSON line for each. Exit code 1 when one did not hold.
 */
import { parseArgs } from 'node:util'

import { attacks } from '../apps/app/test/attack/attacks.ts'
import { AttackRunner } from '../apps/app/test/attack/run-attack.ts'

const { values, positionals } = parseArgs({
  options: { short: { type: 'boolean' } },
  allowPositionals: true,
})
const unknown = positionals.filter((name) => attacks.every((attack) => attack.name !== name))
if (unknown.length > 0) {
  console.error(`no attack is called ${unknown.join(', ')}. There are:`)
  for (const { section, name } of attacks) console.error(`  ${section} ${name}`)
  process.exit(2)
}
const wanted = attacks.filter(({ name }) => positionals.length === 0 || positionals.includes(name))
const broken: string[] = []
await using runner = new AttackRunner(values.short === true ? 'short' : 'long')
for (const attack of wanted) {
  const { held, figures } = await runner.run(attack)
  if (!held) broken.push(attack.name)
  console.log(JSON.stringify({ attack: attack.name, section: attack.section, held, ...figures }))
}
console.error(
  broken.length === 0
    ? `the server held against all of ${wanted.length} attacks`
    : `${wanted.length} attacks; the server did not hold against ${broken.join(', ')}`,
)
process.exitCode = broken.length === 0 ? 0 : 1
