import { describe, expect, it } from 'vitest'

import { Forgiveness } from './forgiveness.ts'

const hourMs = 3_600_000
const clock = { at: 0, now: (): number => clock.at, monotonic: (): number => clock.at }

function opened(): Forgiveness {
  clock.at = 0
  return new Forgiveness(clock)
}

describe('Forgiveness', () => {
  it('is for a source that has failed, and once for each time that it has', () => {
    const forgiveness = opened()
    expect(forgiveness.isForgiven('192.0.2.1', 'a')).toBe(false)
    forgiveness.failed('192.0.2.1')
    expect(forgiveness.isForgiven('192.0.2.2', 'a')).toBe(false)
    expect(forgiveness.isForgiven('192.0.2.1', 'a')).toBe(true)
    expect(forgiveness.isForgiven('192.0.2.1', 'a')).toBe(false)
  })

  it('comes from one account three times a day: an account of one’s own is no licence to guess', () => {
    const forgiveness = opened()
    const tryAgain = (user: string): boolean => {
      forgiveness.failed('192.0.2.1')
      return forgiveness.isForgiven('192.0.2.1', user)
    }
    expect(['a', 'a', 'a', 'a', 'b'].map(tryAgain)).toEqual([true, true, true, false, true])
    clock.at += 23 * hourMs
    expect(tryAgain('a')).toBe(false)
    clock.at += 2 * hourMs
    expect(tryAgain('a')).toBe(true)
  })

  it('forgets a failure of yesterday', () => {
    const forgiveness = opened()
    forgiveness.failed('192.0.2.1')
    clock.at += 25 * hourMs
    expect(forgiveness.isForgiven('192.0.2.1', 'a')).toBe(false)
  })

  it('keeps the sources that failed last, whatever a botnet does', () => {
    const forgiveness = opened()
    forgiveness.failed('first')
    for (let count = 0; count < 8192; count += 1) forgiveness.failed(`${count}`)
    expect(forgiveness.isForgiven('first', 'a')).toBe(false)
    expect(forgiveness.isForgiven('0', 'a')).toBe(true)
  })
})
