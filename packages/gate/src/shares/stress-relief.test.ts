import { afterEach, describe, expect, it } from 'vitest'

import { StressRelief, type Holder } from './stress-relief.ts'

const clock = { time: 0, monotonic: () => clock.time }
let relief: StressRelief
afterEach(() => relief[Symbol.dispose]())

class FakeHolder implements Holder {
  readonly listener: string
  isUnproven = true
  bytesRead = 0
  hasEnded = false
  constructor(listener = 'mx') {
    this.listener = listener
  }
  endIdle(): void {
    this.hasEnded = true
  }
}
function watch(...holders: readonly Holder[]): StressRelief {
  relief = new StressRelief({
    clock,
    isUnderStress: (listener) => listener === 'mx',
    holders: () => holders,
    patienceMs: 10_000,
    everyMs: 3_600_000,
  })
  relief.sweep()
  return relief
}
/** Second by second. */
function pass(seconds: number, each: () => void = () => undefined): void {
  for (let second = 0; second < seconds; second += 1) {
    clock.time += 1000
    each()
    relief.sweep()
  }
}

describe('while places are scarce', () => {
  it('the silent go after ten seconds, on the listener where it is so, unless somebody has logged in', () => {
    const [silent, elsewhere, loggedIn] = [
      new FakeHolder(),
      new FakeHolder('imaps'),
      new FakeHolder(),
    ]
    loggedIn.isUnproven = false
    watch(silent, elsewhere, loggedIn)
    pass(9)
    expect(silent.hasEnded).toBe(false)
    pass(1)
    expect([silent, elsewhere, loggedIn].map(({ hasEnded }) => hasEnded)).toEqual([
      true,
      false,
      false,
    ])
  })

  it('who says a byte now and then goes after a minute; who gets on stays', () => {
    const [dribbler, sender] = [new FakeHolder(), new FakeHolder()]
    watch(dribbler, sender)
    pass(59, () => {
      dribbler.bytesRead += 1
      sender.bytesRead += 1024
    })
    expect(dribbler.hasEnded).toBe(false)
    pass(60, () => {
      dribbler.bytesRead += 1
      sender.bytesRead += 1024
    })
    expect([dribbler.hasEnded, sender.hasEnded]).toEqual([true, false])
  })
})
