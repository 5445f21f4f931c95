import { describe, expect, it } from 'vitest'

import { FairTurns, type FairTurnsOptions } from './fair-turns.ts'

function turnsOf(options: Partial<FairTurnsOptions> = {}): FairTurns {
  return new FairTurns({
    maxConcurrent: 1,
    maxWaiting: 100,
    maxWaitingPerKey: 50,
    random: randomOf(1),
    ...options,
  })
}
/** The same numbers each time. */
function randomOf(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}
const stranger = (key: string): { key: string; isKnown: boolean } => ({ key, isKnown: false })
const known = (key: string): { key: string; isKnown: boolean } => ({ key, isKnown: true })

/** Enters one after the other; answers the names in the order of their turns, and those who got none. */
async function order(
  turns: FairTurns,
  comers: readonly (readonly [string, { key: string; isKnown: boolean }])[],
): Promise<{ served: string[]; refused: string[] }> {
  const served: string[] = []
  const refused: string[] = []
  await Promise.all(
    comers.map(async ([name, source]) => {
      if (!(await turns.enter(source))) {
        refused.push(name)
        return
      }
      served.push(name)
      // Somebody is always inside while others come.
      await Promise.resolve()
      turns.leave()
    }),
  )
  return { served, refused }
}

describe('turns', () => {
  it('110 questions of one address: the others wait behind one of them, not behind all', async () => {
    const flood = Array.from({ length: 49 }, (_, at) => [`a${at}`, stranger('a')] as const)
    const { served } = await order(turnsOf(), [
      ...flood,
      ['b', stranger('b')],
      ['c', stranger('c')],
    ])
    expect(served.indexOf('b')).toBeLessThan(12)
    expect(served.indexOf('c')).toBeLessThan(12)
    expect(served).toHaveLength(51)
  })

  it('those who are known come first, and strangers every fourth time', async () => {
    const strangers = Array.from({ length: 4 }, (_, at) => [`s${at}`, stranger(`s${at}`)] as const)
    const friends = Array.from({ length: 6 }, (_, at) => [`k${at}`, known(`k${at}`)] as const)
    const { served } = await order(turnsOf(), [['first', stranger('x')], ...strangers, ...friends])
    const kinds = served.map((name) => name.at(0)).join('')
    expect(kinds).toBe('fkkkskkksss')
  })

  it('one key has its share of the places to wait in', async () => {
    const flood = Array.from({ length: 20 }, (_, at) => [`a${at}`, stranger('a')] as const)
    const turns = turnsOf({ maxWaitingPerKey: 8 })
    const { served, refused } = await order(turns, flood)
    expect([served.length, refused.length]).toEqual([9, 11])
    expect(turns.waitingOf('a')).toBe(0)
  })

  it('when no more may wait the longest queue loses its last', async () => {
    const flood = Array.from({ length: 11 }, (_, at) => [`a${at}`, stranger('a')] as const)
    const comers = [...flood, ['b', stranger('b')] as const, ['k', known('k')] as const]
    const { served, refused } = await order(turnsOf({ maxWaiting: 10 }), comers)
    expect(refused).toHaveLength(2)
    expect(refused.every((name) => name.startsWith('a'))).toBe(true)
    expect(served).toContain('b')
    expect(served).toContain('k')
  })

  it('forty sources that always come again do not keep another one out for good', async () => {
    const turns = turnsOf({ maxWaiting: 32, maxWaitingPerKey: 4 })
    const state = { isOver: false }
    const crowd = Array.from({ length: 40 }, async (_, at) => {
      while (!state.isOver) {
        if (await turns.enter(stranger(`n${at}`))) {
          await new Promise((resolve) => setImmediate(resolve))
          turns.leave()
        } else await new Promise((resolve) => setImmediate(resolve))
      }
    })
    let tries = 0
    while (!state.isOver && tries < 5000) {
      tries += 1
      state.isOver = await turns.enter(stranger('owner'))
      if (!state.isOver) await new Promise((resolve) => setImmediate(resolve))
    }
    expect(state.isOver).toBe(true)
    turns.leave()
    await Promise.all(crowd)
  })

  it('every place is given back', async () => {
    const turns = turnsOf({ maxConcurrent: 2 })
    const all = Array.from({ length: 30 }, (_, at) => [`n${at}`, stranger(`n${at % 3}`)] as const)
    await order(turns, all)
    expect(await Promise.all([turns.enter(stranger('x')), turns.enter(stranger('y'))])).toEqual([
      true,
      true,
    ])
  })
})
