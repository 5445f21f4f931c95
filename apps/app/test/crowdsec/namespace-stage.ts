/**
 * `node namespace-stage.ts RANGE OUTSIDE INSIDE...`: the whole server with the real engine in this process, and a decision on a range of IPv6. Prints
 * one JSON line. For a network namespace of its own that has these addresses.
 */
import { argv, stdout } from 'node:process'

import { findEngine } from '@gatepost/security-crowdsec/engine'

import { listeners } from '../../src/config/listeners.ts'
import { imap } from '../../src/demo/imap.ts'
import { jmapOver } from '../../src/demo/jmap.ts'
import { smtp } from '../../src/demo/smtp.ts'
import { Stage } from '../../src/demo/stage.ts'
import { banRange } from './range-scene.ts'

const [, , range = '', outside = '', ...inside] = argv
const owner = { user: 'me@example.test', password: 'correct horse battery' }

const engine = await findEngine(process.env)
if (engine === undefined) throw new Error('no engine')
const addresses = listeners.map(({ name }) => [
  `GATEPOST__LISTEN__${name.toUpperCase()}__ADDRESS`,
  '[::]:0',
])
await using stage = await Stage.open({
  engine,
  log: () => undefined,
  settings: {
    ...(Object.fromEntries(addresses) as Record<string, string>),
    GATEPOST__LISTEN__HTTPS__ENABLED: 'true',
    GATEPOST__CROWDSEC__POLL_SECONDS: '0.2',
  },
})
await stage.addAccount(owner)
const protocols = [smtp, imap, jmapOver('https')]
stdout.write(
  `${JSON.stringify(await banRange(stage, { owner, range, protocols, inside, outside }))}\n`,
)
