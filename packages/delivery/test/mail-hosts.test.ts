import { Resolver } from 'node:dns/promises'

import { parseIp, parseNetwork } from '@gatepost/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { DnsMailHostFinder, reachOf, type MailHosts } from '../src/index.ts'
import { ScriptedDnsServer, serverFailure } from './scripted-dns-server.ts'

let dns: ScriptedDnsServer
const many = ['a', 'b', 'c', 'x30', 'x40', 'x50', 'x60'].map(
  (name, at) => [`${name}.many.example`, { a: `192.0.2.${at + 1}` }] as const,
)
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
    ...Object.fromEntries(many),
    'host.example': { a: '192.0.2.1' },
    'both.example': { a: '192.0.2.1', aaaa: '2001:db8::1' },
    'nothing.example': {},
    'null.example': { mx: [[0, '.']] },
    'odd.example': {
      mx: [
        [0, '.'],
        [10, 'host.example'],
      ],
    },
    'inside.example': { a: '127.0.0.1' },
    'metadata.example': { mx: [[10, 'meta.example']] },
    'meta.example': { a: '169.254.169.254' },
    'lan.example': { mx: [[10, 'lan-host.example']] },
    'lan-host.example': { a: '10.1.2.3', aaaa: 'fd00::4' },
    'nat.example': { aaaa: '64:ff9b::7f00:1' },
    'ours.example': { mx: [[10, 'us.example']] },
    'us.example': { a: '192.0.2.99' },
    'mixed.example': {
      mx: [
        [5, 'inside.example'],
        [10, 'host.example'],
      ],
    },
    'dangling.example': { mx: [[10, 'nothing.example']] },
    'half.example': {
      mx: [
        [5, 'broken.example'],
        [10, 'inside.example'],
      ],
    },
    'broken.example': { rcode: serverFailure },
  })
})
afterAll(() => dns[Symbol.asyncDispose]())

/** `chances`: one number for each record. */
function find(
  domain: string,
  chances: readonly number[] = [],
  privateNetworks: readonly string[] = [],
): Promise<MailHosts> {
  const resolver = new Resolver({ timeout: 1000, tries: 1 })
  resolver.setServers([dns.address])
  const numbers = [...chances]
  const reach = reachOf({
    privateNetworks: privateNetworks.flatMap((text) => parseNetwork(text) ?? []),
    own: () => [parseIp('192.0.2.99') ?? expect.unreachable()],
  })
  return new DnsMailHostFinder({ random: () => numbers.shift() ?? 0, reach, resolver }).find(domain)
}
function hosts(...named: (readonly [host: string, address: string])[]): MailHosts {
  return { kind: 'hosts', targets: named.map(([host, address]) => ({ host, port: 25, address })) }
}

it('takes the MX records by preference, those of one preference by chance, and no more than five', async () => {
  const [a, b, ...others] = many.map(([host, { a: address }]) => [host, address] as const)
  const rest = others.slice(0, 3)
  if (a === undefined || b === undefined) expect.unreachable()
  expect(await find('many.example', [0.9, 0.1, 0.2])).toEqual(hosts(a, b, ...rest))
  expect(await find('many.example', [0.9, 0.2, 0.1])).toEqual(hosts(b, a, ...rest))
})

it.each<[string, string, MailHosts]>([
  [
    'the domain itself when it has an address and no MX',
    'host.example',
    hosts(['host.example', '192.0.2.1']),
  ],
  [
    'all addresses of a host',
    'both.example',
    hosts(['both.example', '192.0.2.1'], ['both.example', '2001:db8::1']),
  ],
  ['the others where one is a null MX', 'odd.example', hosts(['host.example', '192.0.2.1'])],
  ['the others where one leads inside', 'mixed.example', hosts(['host.example', '192.0.2.1'])],
  ['an address literal', '[192.0.2.7]', hosts(['192.0.2.7', '192.0.2.7'])],
  ['an IPv6 address literal', '[IPv6:2001:db8::7]', hosts(['2001:db8::7', '2001:db8::7'])],
])('takes %s', async (_name, domain, expected) => {
  expect(await find(domain)).toEqual(expected)
})

it.each([
  ['a domain that does not exist', 'nowhere.example', '5.1.2'],
  ['a domain without any host', 'nothing.example', '5.1.2'],
  ['a domain that takes no mail (RFC 7505)', 'null.example', '5.1.10'],
  ['MX records that name nobody', 'dangling.example', '5.4.4'],
])('gives up on %s', async (_name, domain, status) => {
  expect(await find(domain)).toMatchObject({ kind: 'never', status })
})

describe('mail for strangers does not reach inside', () => {
  it.each([
    '[127.0.0.1]',
    '[169.254.169.254]',
    '[IPv6:::1]',
    '[IPv6:::ffff:127.0.0.1]',
    '[IPv6:fd00::1]',
    '[0.0.0.0]',
    'inside.example',
    'metadata.example',
    'lan.example',
    'nat.example',
  ])('%s is never connected to, and the report tells nothing of it', async (domain) => {
    expect(await find(domain)).toEqual({
      kind: 'never',
      status: '5.4.4',
      reason: 'no mail server that mail may be sent to',
    })
  })

  it('an MX that is ourselves would bring it back', async () => {
    expect(await find('ours.example')).toMatchObject({ kind: 'never', status: '5.4.6' })
    expect(await find('[192.0.2.99]')).toMatchObject({ kind: 'never', status: '5.4.6' })
  })

  it('but where the operator says so', async () => {
    expect(await find('lan.example', [], ['10.1.2.0/24'])).toEqual(
      hosts(['lan-host.example', '10.1.2.3']),
    )
    expect(await find('ours.example', [], ['192.0.2.99'])).toMatchObject({ kind: 'hosts' })
  })

  it('waits where a host that may be outside could not be looked up', async () => {
    expect(await find('half.example')).toMatchObject({ kind: 'later' })
  })
})

it('tries later when the name server fails', async () => {
  expect(await find('broken.example')).toMatchObject({ kind: 'later' })
})
