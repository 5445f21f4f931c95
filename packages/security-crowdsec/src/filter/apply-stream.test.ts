import { parseIp, type IpAddress } from '@gatepost/core'
import { beforeEach, expect, it } from 'vitest'

import { applyStream, type AppliedStream } from './apply-stream.ts'
import { DecisionTable } from './decision-table.ts'
import { readDecisionStream } from './lapi-decision.ts'

const ban = {
  id: 1,
  origin: 'cscli',
  scenario: 'by hand',
  scope: 'Ip',
  type: 'ban',
  value: '192.0.2.1',
  duration: '4h',
}
let table: DecisionTable

beforeEach(() => {
  table = new DecisionTable({ now: () => 0, monotonic: () => 0 })
})

function apply(body: object, isFull = false): Promise<AppliedStream> {
  const stream = readDecisionStream(body)
  if (stream === undefined) throw new Error('test data')
  return applyStream(table, stream, isFull)
}
function idsOf({ added, deleted }: AppliedStream): readonly [number[], number[]] {
  return [added.map(({ id }) => id), deleted.map(({ id }) => id)]
}
function isBanned(text: string): boolean {
  const address: IpAddress | undefined = parseIp(text)
  if (address === undefined) throw new Error(text)
  return table.findBan(address) !== undefined
}

it('takes the deleted first: an id that is in both lists holds', async () => {
  await apply({ new: [ban], deleted: null })
  await apply({ new: [ban], deleted: [{ ...ban, duration: '-1s' }] })
  expect(isBanned('192.0.2.1')).toBe(true)
})

it('tells a deletion once, however often the Local API repeats it', async () => {
  await apply({ new: [ban], deleted: [] })
  const gone = { new: null, deleted: [{ ...ban, duration: '-237.666464ms' }] }
  expect(idsOf(await apply(gone))).toEqual([[], [1]])
  expect(idsOf(await apply(gone))).toEqual([[], []])
})

it.each([
  ['an address under scope Ip', { scope: 'Ip', value: '192.0.2.1' }, '192.0.2.1', '192.0.2.2'],
  ['a network under scope Ip', { scope: 'Ip', value: '192.0.2.0/25' }, '192.0.2.9', '192.0.2.200'],
  ['a Range', { scope: 'Range', value: '192.0.2.0/24' }, '192.0.2.200', '192.0.3.1'],
  ['scope in lower case', { scope: 'range', value: '10.0.0.0/8' }, '10.9.9.9', '11.0.0.1'],
  ['IPv6 as typed', { value: '2001:0DB8:0:0::0001' }, '2001:db8::1', '2001:db8::2'],
  ['an IPv6 range', { scope: 'Range', value: '2001:DB8::/32' }, '2001:db8:9::1', '2001:db9::1'],
  ['an IPv4-mapped address', { value: '::ffff:192.0.2.9' }, '192.0.2.9', '192.0.2.8'],
  ['an IPv4-mapped range', { value: '::ffff:192.0.2.0/120' }, '192.0.2.9', '192.0.3.9'],
  ['a host inside its network', { value: '192.0.2.77/24' }, '192.0.2.1', '192.0.3.1'],
])('reads %s', async (_name, more, inside, outside) => {
  await apply({ new: [{ ...ban, ...more }], deleted: [] })
  expect([isBanned(inside), isBanned(outside)]).toEqual([true, false])
})

it.each([
  ['another scope', { scope: 'Country', value: 'DE' }],
  ['a user', { scope: 'username', value: '192.0.2.1' }],
  ['a value that is no address', { value: 'example.test' }],
  ['an end that is none', { duration: 'forever' }],
  ['no id', { id: '1' }],
  ['no type', { type: null }],
])('passes over %s and counts it', async (_name, more) => {
  const result = await apply({ new: [{ ...ban, ...more }, null], deleted: [null, {}] })
  expect(idsOf(result)).toEqual([[], []])
  expect(result.unreadable).toBe(2)
})

it('takes one that is over for a deletion', async () => {
  await apply({ new: [ban], deleted: [] })
  expect(idsOf(await apply({ new: [{ ...ban, duration: '0s' }], deleted: [] }))).toEqual([[], [1]])
  expect(isBanned('192.0.2.1')).toBe(false)
})

it('tells nothing of a decision that it knows: only its end moves', async () => {
  await apply({ new: [ban], deleted: [] })
  expect(idsOf(await apply({ new: [{ ...ban, duration: '8h' }], deleted: [] }))).toEqual([[], []])
  expect(table.all()[0]?.until).toBe(8 * 3_600_000)
})

it('tells of an id that means somebody else: a Local API with a new database counts from 1 again', async () => {
  await apply({ new: [ban], deleted: [] }, true)
  expect(idsOf(await apply({ new: [{ ...ban, value: '192.0.2.2' }], deleted: [] }, true))).toEqual([
    [1],
    [1],
  ])
  expect([isBanned('192.0.2.1'), isBanned('192.0.2.2')]).toEqual([false, true])
})

it('a full list ends what it does not name; a delta does not', async () => {
  const other = { ...ban, id: 2, value: '192.0.2.2' }
  await apply({ new: [ban, other], deleted: [] }, true)
  expect(idsOf(await apply({ new: [other], deleted: [] }))).toEqual([[], []])
  expect(idsOf(await apply({ new: [other], deleted: [] }, true))).toEqual([[], [1]])
})

it('does not take an empty full list for an amnesty', async () => {
  await apply({ new: [ban], deleted: [] }, true)
  expect(idsOf(await apply({ new: [], deleted: [] }, true))).toEqual([[], []])
  expect(isBanned('192.0.2.1')).toBe(true)
})

it('lets the event loop turn while it takes in a long list', async () => {
  const list = Array.from({ length: 5000 }, (_, id) => ({
    ...ban,
    id,
    value: `10.0.${id >> 8}.${id & 255}`,
  }))
  let turns = 0
  const count = (): void => {
    turns += 1
    timer = setImmediate(count)
  }
  let timer = setImmediate(count)
  await apply({ new: list, deleted: [] }, true)
  clearImmediate(timer)
  expect(table.size).toBe(5000)
  expect(turns).toBeGreaterThanOrEqual(3)
})
