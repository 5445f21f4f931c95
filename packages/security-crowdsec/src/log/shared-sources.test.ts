import { describe, expect, it } from 'vitest'

import { SharedSources } from './shared-sources.ts'

const dayMs = 86_400_000
const clock = { at: 0, now: (): number => clock.at, monotonic: (): number => clock.at }

function opened(): SharedSources {
  clock.at = 0
  return new SharedSources(clock)
}

describe('SharedSources', () => {
  it('are those where three accounts have logged in, each of them lately', () => {
    const shared = opened()
    for (const user of ['a', 'b', 'a', 'b']) shared.loggedIn('192.0.2.1', user)
    expect(shared.isShared('192.0.2.1')).toBe(false)
    clock.at += 6 * dayMs
    shared.loggedIn('192.0.2.1', 'c')
    expect(shared.isShared('192.0.2.1')).toBe(true)
    expect(shared.isShared('192.0.2.2')).toBe(false)
    clock.at += 2 * dayMs
    expect(shared.isShared('192.0.2.1')).toBe(false)
  })

  it('stay shared while any three of their people come', () => {
    const shared = opened()
    for (const user of ['a', 'b', 'c', 'd']) shared.loggedIn('192.0.2.1', user)
    clock.at += 5 * dayMs
    for (const user of ['b', 'd', 'e']) shared.loggedIn('192.0.2.1', user)
    clock.at += 5 * dayMs
    expect(shared.isShared('192.0.2.1')).toBe(true)
  })

  it('are a bounded number: those where somebody logged in last', () => {
    const shared = opened()
    for (const user of ['a', 'b', 'c']) shared.loggedIn('first', user)
    for (let count = 0; count < 8192; count += 1) shared.loggedIn(`${count}`, 'a')
    expect(shared.isShared('first')).toBe(false)
  })
})
