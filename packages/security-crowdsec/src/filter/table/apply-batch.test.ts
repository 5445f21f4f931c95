import { parseIp } from '@gatepost/core'
import { beforeEach, expect, it } from 'vitest'

import { DecisionStreamParser } from '../stream/decision-stream-parser.ts'
import { applyBatch } from './apply-batch.ts'
import { DecisionTable, type ChangeList } from './decision-table.ts'

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
  table = new DecisionTable({ clock: { now: () => 0, monotonic: () => 0 } })
})

/** Ids that came and ids that went. */
async function apply(body: object, isFull = false): Promise<readonly [number[], number[]]> {
  const parser = new DecisionStreamParser()
  parser.push(Buffer.from(JSON.stringify(body)))
  const change: ChangeList = { added: [], deleted: [] }
  await applyBatch({ table, batch: parser.finish(), isFull, change })
  return [change.added.map(({ id }) => id), change.deleted.map(({ id }) => id)]
}
function isBanned(text: string): boolean {
  return table.strongest(parseIp(text)) !== undefined
}

it('takes the deleted first: an id that is in both lists holds', async () => {
  await apply({ new: [ban], deleted: null })
  await apply({ new: [ban], deleted: [{ ...ban, duration: '-1s' }] })
  expect(isBanned('192.0.2.1')).toBe(true)
})

it('tells a deletion once, however often the Local API repeats it', async () => {
  await apply({ new: [ban], deleted: [] })
  const gone = { new: null, deleted: [{ ...ban, duration: '-237.666464ms' }] }
  expect(await apply(gone)).toEqual([[], [1]])
  expect(await apply(gone)).toEqual([[], []])
})

it('a full list ends what it does not name; a delta does not', async () => {
  const other = { ...ban, id: 2, value: '192.0.2.2' }
  await apply({ new: [ban, other], deleted: [] }, true)
  expect(await apply({ new: [other], deleted: [] })).toEqual([[], []])
  expect(await apply({ new: [other], deleted: [] }, true)).toEqual([[], [1]])
})

it('does not end what a full list names in a way that cannot be read', async () => {
  await apply({ new: [ban], deleted: [] }, true)
  expect(await apply({ new: [{ ...ban, value: 'nonsense' }], deleted: [] }, true)).toEqual([[], []])
  expect(isBanned('192.0.2.1')).toBe(true)
})

it('does not take an empty full list for an amnesty', async () => {
  await apply({ new: [ban], deleted: [] }, true)
  expect(await apply({ new: [], deleted: [] }, true)).toEqual([[], []])
  expect(isBanned('192.0.2.1')).toBe(true)
})

it('does not end what came in while the list was taken in', async () => {
  const list = Array.from({ length: 5000 }, (_, id) => ({
    ...ban,
    id: id + 10,
    value: `10.0.${id >> 8}.${id & 255}`,
  }))
  const applying = apply({ new: list, deleted: [] }, true)
  await apply({ new: [ban] })
  await applying
  expect(isBanned('192.0.2.1')).toBe(true)
})

it('lets the event loop turn while it takes in a long list', async () => {
  const list = Array.from({ length: 20_000 }, (_, id) => ({
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
  expect(table.size).toBe(20_000)
  expect(turns).toBeGreaterThanOrEqual(4)
})
