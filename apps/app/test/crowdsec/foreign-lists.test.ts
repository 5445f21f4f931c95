import { FakeLapi } from '@gatepost/lapi-fake'
import { afterEach, beforeEach, expect, it } from 'vitest'

import { imap } from '../../src/demo/imap.ts'
import { smtp } from '../../src/demo/smtp.ts'
import { verdictOn } from '../../src/demo/verdict.ts'
import { Visitor, type Credentials } from '../../src/demo/visitor.ts'
import { password, TestServer } from '../support/test-server.ts'

const traveller = '127.0.50.1'
const owner: Credentials = { user: 'me@example.test', password }
let resources: AsyncDisposableStack
let lapi: FakeLapi
let server: TestServer

beforeEach(async () => {
  resources = new AsyncDisposableStack()
  lapi = resources.use(await FakeLapi.listen())
  server = resources.use(
    await TestServer.start({
      environment: {
        GATEPOST__CROWDSEC__LAPI_URL: lapi.url,
        GATEPOST__CROWDSEC__API_KEY: 'key',
        GATEPOST__CROWDSEC__POLL_SECONDS: '0.1',
        GATEPOST__REMEDIATION__SLOW_SECONDS: '0.01',
      },
      accounts: [owner.user],
    }),
  )
})
afterEach(() => resources.disposeAsync())

function visitor(): Visitor {
  return new Visitor(traveller, server)
}
function listen(): readonly string[] {
  return server.securityLines
    .map((line) => JSON.parse(line) as Readonly<Record<string, string>>)
    .map(({ event = '', listener = '' }) => `${event} ${listener}`)
}

it.each([
  ['CAPI', 'crowdsecurity/http-probing'],
  ['lists', 'firehol'],
  ['cscli-import', 'manual'],
])(
  'a traveller whose address is on a list of others (%s) reads his mail: slowed until he has logged in, and not cut; mail from there is refused',
  async (origin, scenario) => {
    lapi.add({ value: traveller, origin, scenario })
    await verdictOn(server.running.filter, traveller, 'ban')
    expect(await smtp.knock(visitor())).toMatch(smtp.refusal)
    expect(listen()).toEqual(['blocked mx'])
    using session = await imap.stay(visitor(), owner)
    expect(await smtp.logIn(visitor(), owner)).toMatch(/^235 /)
    // Slowed once, at the first door: since then somebody has logged in from there.
    expect(listen().filter((event) => event.startsWith('blocked'))).toHaveLength(2)

    lapi.add({ value: traveller, origin, scenario: 'another' })
    lapi.add({ value: `${traveller}/32`, origin, scenario: 'a third' })
    await lapi.until(() => server.running.filter.decisions().length === 3)
    session.say('DONE')
    expect(await session.hear()).toMatch(/ OK /)
    expect(await smtp.knock(visitor())).toMatch(smtp.refusal)

    // What somebody here has decided counts, also behind all of those.
    lapi.add({ value: traveller })
    const rest = await session.rest()
    expect(rest.at(-1)).toMatch(imap.farewell)
    expect(await imap.knock(visitor())).toMatch(imap.refusal)
  },
)
