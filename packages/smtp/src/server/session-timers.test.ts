import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { SessionTimers } from './session-timers.ts'

beforeEach(() => vi.useFakeTimers())
afterEach(() => vi.useRealTimers())

function session(): { isBusy: boolean; readonly heard: string[]; readonly timers: SessionTimers } {
  const state = { isBusy: false, heard: [] as string[] }
  const timers = new SessionTimers({
    idleMs: 100,
    sessionMs: 1000,
    isBusy: () => state.isBusy,
    onIdle: () => state.heard.push('idle'),
    onOverdue: () => state.heard.push('overdue'),
  })
  return Object.assign(state, { timers })
}

it('a session without a command is idle, one that is busy is not', () => {
  const one = session()
  vi.advanceTimersByTime(99)
  one.timers.went()
  vi.advanceTimersByTime(99)
  one.isBusy = true
  vi.advanceTimersByTime(500)
  expect(one.heard).toEqual([])
  one.isBusy = false
  vi.advanceTimersByTime(100)
  expect(one.heard).toEqual(['idle'])
})

it('a session over its time ends at once, or behind its message', () => {
  const one = session()
  one.isBusy = true
  vi.advanceTimersByTime(1000)
  expect(one.heard).toEqual([])
  one.timers.messageDone()
  vi.runAllTicks()
  vi.advanceTimersByTime(0)
  expect(one.heard).toEqual(['overdue'])
})

it('what is stopped is over', () => {
  const one = session()
  one.timers.stop()
  expect(vi.getTimerCount()).toBe(0)
})
