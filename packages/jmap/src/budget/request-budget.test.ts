import { Turns } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { BudgetExceeded, RequestBudget, turnUnits } from './request-budget.ts'

const limits = {
  maxRequestWorkBytes: 1_000_000,
  maxRequestNodes: 1000,
  maxRequestCpuMs: 100,
  maxResponseBytes: 1000,
}

class Fixture {
  cpu = 0
  readonly ended: number[] = []
  readonly turns: Turns = new Turns()
  /** Memory that is left, in bytes. */
  memory = 10_000

  budget(account: string = 'a'): RequestBudget {
    return new RequestBudget({
      limits,
      turns: this.turns,
      account,
      cpuMs: () => this.cpu,
      takeMemory: (bytes) => {
        if (bytes > this.memory) return false
        this.memory -= bytes
        return true
      },
      onTurn: (units) => this.ended.push(units),
    })
  }
}

describe('the budget of a request', () => {
  it.each([
    ['bytes', { bytes: 600_000 }],
    ['values', { nodes: 600 }],
    ['bytes of the answer', { answer: 600 }],
  ])('%s are taken once, and what does not fit takes nothing', (_what, cost) => {
    const budget = new Fixture().budget()
    budget.charge(cost)
    expect(budget.isSpent).toBe(false)
    expect(() => budget.charge(cost)).toThrow(BudgetExceeded)
    expect(budget.isSpent).toBe(true)
    const half = Object.fromEntries(Object.entries(cost).map(([kind, of]) => [kind, of / 2]))
    expect(() => budget.charge(half)).not.toThrow()
  })

  it('CPU time of its own turns counts, that of others while it waits does not', async () => {
    const fixture = new Fixture()
    const budget = fixture.budget()
    await budget.step({ bytes: 1 })
    fixture.cpu += 60
    await budget.aside(async () => {
      fixture.cpu += 1000
    })
    expect(() => budget.charge({ bytes: 1 })).not.toThrow()
    fixture.cpu += 60
    budget.end()
    expect(() => budget.charge({ bytes: 1 })).toThrow(BudgetExceeded)
  })

  it('work is done in turns that are full, and no fuller', async () => {
    const fixture = new Fixture()
    const budget = fixture.budget()
    for (let at = 0; at < 10; at++) await budget.work(turnUnits / 4)
    await budget.work(turnUnits * 2)
    await budget.work(1)
    budget.end()
    expect(fixture.ended).toEqual([turnUnits, turnUnits, turnUnits / 2, turnUnits * 2, 1])
  })

  it('a turn that took long is over, however little was charged in it', async () => {
    const fixture = new Fixture()
    const budget = fixture.budget()
    await budget.work(1)
    fixture.cpu += 6
    await budget.work(1)
    expect(fixture.ended).toEqual([1])
  })

  it('what was reserved is there again when it is given back', () => {
    const budget = new Fixture().budget()
    const reserved = budget.reserve({ nodes: 800 })
    expect(() => budget.charge({ nodes: 300 })).toThrow(BudgetExceeded)
    reserved[Symbol.dispose]()
    expect(() => budget.charge({ nodes: 800 })).not.toThrow()
  })

  it('takes as much memory as the answer and what is held were at once, whatever the answer may be', () => {
    const fixture = new Fixture()
    const budget = fixture.budget()
    budget.charge({ answer: 500 })
    const held = budget.hold(6000)
    budget.charge({ answer: 500 })
    expect(fixture.memory).toBe(3000)
    held[Symbol.dispose]()
    held[Symbol.dispose]()
    const next = budget.hold(5000)
    expect(fixture.memory).toBe(3000)
    expect(() => budget.hold(4001)).toThrow(BudgetExceeded)
    expect(budget.isSpent).toBe(true)
    next[Symbol.dispose]()
    budget.hold(9000)
    expect(fixture.memory).toBe(0)
  })
})

describe('turns', () => {
  it('go round the accounts, however many requests each of them has', async () => {
    const turns = new Turns()
    const order: string[] = []
    const take = async (account: string, name: string): Promise<void> => {
      await turns.take(account)
      order.push(name)
    }
    await Promise.all([
      take('a', 'a1'),
      take('a', 'a2'),
      take('a', 'a3'),
      take('b', 'b1'),
      take('c', 'c1'),
      take('b', 'b2'),
    ])
    expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3'])
  })

  it('there is one in each turn of the event loop', async () => {
    const turns = new Turns()
    let loops = 0
    let isCounting = true
    const count = (): void => {
      loops += 1
      if (isCounting) setImmediate(count)
    }
    setImmediate(count)
    const at: number[] = []
    const take = async (account: string): Promise<void> => {
      await turns.take(account)
      at.push(loops)
    }
    await Promise.all(['a', 'b', 'c', 'a'].map(take))
    isCounting = false
    expect(new Set(at).size).toBe(4)
  })
})
