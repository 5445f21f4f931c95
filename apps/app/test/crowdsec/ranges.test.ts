import { join } from 'node:path'
import { execPath } from 'node:process'

import { missing } from '@gatepost/testkit'
import { expect, it } from 'vitest'

import {
  requirePrograms,
  runProgram,
  type ProgramResult,
} from '../mail/support/external-program.ts'
import { banRange, type RangeReport } from './range-scene.ts'
import { owner, protocols, useSiege } from './siege.ts'

const siegeOf = useSiege()

/** As root of a network of its own, where nothing else is but these addresses. */
function inNamespace(
  addresses: readonly string[],
  ...program: readonly string[]
): Promise<ProgramResult> {
  const lines = addresses.map((address) => `ip -6 address add ${address}/128 dev lo nodad`)
  const script = ['ip link set lo up', ...lines, 'exec "$@"'].join('\n')
  const args = ['--map-root-user', '--net', 'sh', '-ec', script, 'sh', ...program]
  return runProgram('unshare', args)
}
function expectBanned(report: RangeReport): void {
  for (const [index, protocol] of protocols.entries()) {
    expect(report.farewells[index]).toMatch(protocol.farewell)
    expect(report.refusals[index]).toMatch(protocol.refusal)
    expect(report.welcomes[index]).toMatch(protocol.welcome)
  }
  expect(report.stillServed).toMatch(/^250 /)
}

it('a decision on a network refuses all of it on every protocol and ends its sessions; next to it everybody is served', async (context) => {
  const report = await banRange(siegeOf(context).stage, {
    owner,
    protocols,
    range: '127.0.40.128/25',
    inside: ['127.0.40.128', '127.0.40.200', '127.0.40.255'],
    outside: '127.0.40.127',
  })
  expectBanned(report)
  expect(report.value).toBe('127.0.40.128/25')
})

it('a decision on an IPv6 network does so too, however it is written', async (context) => {
  siegeOf(context)
  requirePrograms(context, 'unshare', 'ip')
  // RFC 3849: addresses of nobody, here of a machine that knows no other network.
  const inside = ['2001:db8:0:1::1', '2001:db8:0:1:8000::1', '2001:db8:0:1:ffff:ffff:ffff:ffff']
  const outside = '2001:db8:0:2::1'
  const probe = await inNamespace([outside], 'true')
  if (probe.code !== 0) missing(context, `namespaces with IPv6: ${probe.stderr}`)
  const stage = join(import.meta.dirname, 'namespace-stage.ts')
  const program = [execPath, stage, '2001:0DB8:0:1::/64', outside, ...inside]
  const { stdout, stderr } = await inNamespace([...inside, outside], ...program)
  expect(stderr).toBe('')
  const report = JSON.parse(stdout) as RangeReport
  expectBanned(report)
  expect(report.value).toBe('2001:db8:0:1::/64')
})
