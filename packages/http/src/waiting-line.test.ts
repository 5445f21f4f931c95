import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { WaitingLine } from './waiting-line.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

const options = { maxInside: 1, maxWaiting: 2, waitMs: 1000 }

it('who waits comes in when a place is free, first come, first served, each account by itself', async () => {
  const line = new WaitingLine(options)
  const first = line.enter('me')
  const turns: string[] = []
  const waiting = ['second', 'third'].map((name) => {
    const visit = line.enter('me')
    void visit.turn.then((turn) => turns.push(`${name} ${turn}`))
    return visit
  })
  expect(await line.enter('me').turn).toBe('full')
  expect(await line.enter('you').turn).toBe('inside')
  expect(await first.turn).toBe('inside')
  expect(turns).toEqual([])
  first.leave()
  first.leave()
  await waiting[0]?.turn
  expect(turns).toEqual(['second inside'])
  waiting[0]?.leave()
  await waiting[1]?.turn
  expect(turns).toEqual(['second inside', 'third inside'])
})

it('who leaves while he waits, or waits too long, is given no place', async () => {
  const line = new WaitingLine(options)
  const first = line.enter('me')
  const left = line.enter('me')
  const late = line.enter('me')
  left.leave()
  expect(await left.turn).toBe('left')
  vi.advanceTimersByTime(1000)
  expect(await late.turn).toBe('late')
  first.leave()
  late.leave()
  left.leave()
  expect(await line.enter('me').turn).toBe('inside')
  expect(vi.getTimerCount()).toBe(0)
})
