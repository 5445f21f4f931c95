import { Turns } from '@gatepost/core'
import { indexMessage } from '@gatepost/mime'
import { worstMessages } from '@gatepost/testkit'
import { afterAll, describe, expect, it } from 'vitest'

import { RequestBudget, turnUnits } from '../budget/request-budget.ts'
import { defaultJmapLimits } from '../limits.ts'
import { MessageIndexer } from './message-indexer.ts'

const indexer = new MessageIndexer()
afterAll(() => indexer[Symbol.asyncDispose]())

function budgetFor(units: number[] = []): RequestBudget {
  return new RequestBudget({
    limits: defaultJmapLimits,
    turns: new Turns(),
    account: 'a1',
    takeMemory: () => true,
    cpuMs: () => 0,
    onTurn: (declared) => units.push(declared),
  })
}

/** Of memory of its own, as what is given away has to be. */
function copyOf(content: Uint8Array): Buffer<ArrayBuffer> {
  const copy = Buffer.allocUnsafeSlow(content.byteLength)
  copy.set(content)
  return copy
}

/** How often the event loop went round before the work was done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0
  let isDone = false
  const count = (): void => {
    turns += 1
    if (!isDone) setImmediate(count)
  }
  setImmediate(count)
  await work.finally(() => (isDone = true))
  return turns
}

function askFor(account: string): Promise<unknown> {
  const content = Buffer.allocUnsafeSlow(100_000).fill('a: b\r\n')
  return indexer.index(content, account, budgetFor())
}

describe('the structure of a message', () => {
  it.each(worstMessages)('$name: the same in a turn as in the thread', async ({ make }) => {
    const [small, large] = [make(30_000), make(150_000)]
    for (const content of [small, large]) {
      const units: number[] = []
      const budget = budgetFor(units)
      const indexed = await indexer.index(copyOf(content), 'a1', budget)
      budget.end()
      expect(indexed.index).toEqual(indexMessage(content))
      expect(indexed.content.equals(content)).toBe(true)
      expect(Math.max(...units)).toBeLessThanOrEqual(turnUnits)
    }
  })

  it('of one of 50 MB is read while the event loop goes round', async () => {
    const worst = worstMessages.find(({ name }) => name === 'boundaries with one hash')
    const content = copyOf(worst?.make(50_000_000) ?? new Uint8Array())
    expect(content.length).toBeGreaterThan(45_000_000)
    expect(await turnsDuring(indexer.index(content, 'a1', budgetFor()))).toBeGreaterThan(100)
  }, 60_000)

  it('more than an account may have waiting is refused, another account is not', async () => {
    const asked = Array.from({ length: 70 }, () => askFor('a1'))
    const other = askFor('a2')
    const results = await Promise.allSettled(asked)
    const refused = results.filter(({ status }) => status === 'rejected')
    expect(refused).toHaveLength(5)
    for (const result of refused)
      expect(result).toMatchObject({ reason: { kind: 'busy', code: 'index.tooMany' } })
    await other
    await askFor('a1')
  }, 60_000)
})
