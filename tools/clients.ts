/**
 * `npm run -s clients -- [--rounds N] [NAME...]`: sessions of mail clients with the whole server, on loopback; the short form is apps/app/test/clients.
 * One JSON line for each client. Exit code 1 when one did not go as it has to, or with GATEPOST_REQUIRE_SYSTEM=1 when one is missing.
 */
import { parseArgs } from 'node:util'

import { clientSessions } from '../apps/app/test/clients/client-sessions.ts'
import { thunderbird } from '../apps/app/test/clients/thunderbird.ts'
import { TestServer } from '../apps/app/test/support/test-server.ts'

const { values, positionals } = parseArgs({
  options: { rounds: { type: 'string' } },
  allowPositionals: true,
})
const rounds = Number(values.rounds ?? 20)
const sessions = [...clientSessions, thunderbird]
const wanted = sessions.filter(
  ({ client }) => positionals.length === 0 || positionals.includes(client),
)
if (wanted.length === 0) {
  console.error(`there are ${sessions.map(({ client }) => client).join(', ')}`)
  process.exit(2)
}
for (const { client, lacks, run } of wanted) {
  const skipped = await lacks()
  if (skipped !== null) {
    console.log(JSON.stringify({ client, skipped: `needs ${skipped}` }))
    if (process.env['GATEPOST_REQUIRE_SYSTEM'] === '1') process.exitCode = 1
    continue
  }
  const started = performance.now()
  const problems: string[] = []
  for (let round = 0; round < rounds; round += 1) {
    await using server = await TestServer.start()
    await run(server).catch((error: unknown) => problems.push(String(error)))
  }
  const seconds = Math.round(performance.now() - started) / 1000
  console.log(JSON.stringify({ client, rounds, seconds, problems: problems.slice(0, 5) }))
  if (problems.length > 0) process.exitCode = 1
}
