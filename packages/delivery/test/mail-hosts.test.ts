import { Resolver } from 'node:dns/promises'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { DnsMailHostFinder, type MailHosts } from '../src/index.ts'
import { ScriptedDnsServer, serverFailure } from './scripted-dns-server.ts'

let dns: ScriptedDnsServer
beforeAll(async () => {
  dns = await ScriptedDnsServer.listen({
    'many.example': {
      mx: [
        [20, 'c.many.example'],
        [10, 'a.many.example'],
        [10, 'b.many.example'],
        ...[30, 40, 50, 60].map(
          (preference) => [preference, `x${preference}.many.example`] as const,
        ),
      ],
    },
    'host.example': { a: '192.0.2.1' },
    'nothing.example': {},
    'null.example': { mx: [[0, '.']] },
    'odd.example': {
      mx: [
        [0, '.'],
        [10, 'a.odd.example'],
      ],
    },
    'broken.example': { rcode: serverFailure },
  })
})
afterAll(() => dns[Symbol.asyncDispose]())

/** `chances`: one number for each record. */
function find(domain: string, chances: readonly number[] = []): Promise<MailHosts> {
  const resolver = new Resolver({ timeout: 1000, tries: 1 })
  resolver.setServers([dns.address])
  const numbers = [...chances]
  return new DnsMailHostFinder(() => numbers.shift() ?? 0, resolver).find(domain)
}
function hosts(...names: string[]): MailHosts {
  return { kind: 'hosts', targets: names.map((host) => ({ host, port: 25 })) }
}

it('takes the MX records by preference, those of one preference by chance, and no more than five', async () => {
  const [a, b] = ['a.many.example', 'b.many.example']
  const rest = ['c.many.example', 'x30.many.example', 'x40.many.example']
  expect(await find('many.example', [0.9, 0.1, 0.2])).toEqual(hosts(a, b, ...rest))
  expect(await find('many.example', [0.9, 0.2, 0.1])).toEqual(hosts(b, a, ...rest))
})

it.each<[string, string, MailHosts]>([
  ['the domain itself when it has an address and no MX', 'host.example', hosts('host.example')],
  ['the others where one of them is a null MX', 'odd.example', hosts('a.odd.example')],
  ['an address literal', '[192.0.2.7]', hosts('192.0.2.7')],
  ['an IPv6 address literal', '[IPv6:2001:db8::7]', hosts('2001:db8::7')],
])('takes %s', async (_name, domain, expected) => {
  expect(await find(domain)).toEqual(expected)
})

it.each([
  ['a domain that does not exist', 'nowhere.example', '5.1.2'],
  ['a domain without any host', 'nothing.example', '5.1.2'],
  ['a domain that takes no mail (RFC 7505)', 'null.example', '5.1.10'],
])('gives up on %s', async (_name, domain, status) => {
  expect(await find(domain)).toMatchObject({ kind: 'never', status })
})

it('tries later when the name server fails', async () => {
  expect(await find('broken.example')).toMatchObject({ kind: 'later' })
})
