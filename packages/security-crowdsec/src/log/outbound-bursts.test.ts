import { describe, expect, it } from 'vitest'

import type { OutboundBurst, SecurityContext } from './auth-failure-log.ts'
import { OutboundBursts } from './outbound-bursts.ts'

const context: SecurityContext = {
  protocol: 'smtp',
  listener: 'submissions',
  ip: '192.0.2.1',
  port: 1,
  session: 'c1',
  isTls: true,
}

function counting(): {
  readonly told: OutboundBurst[]
  readonly pass: (ms: number) => void
  readonly bursts: OutboundBursts
} {
  const told: OutboundBurst[] = []
  let now = 0
  const bursts = new OutboundBursts(
    { outboundBurst: (_context, event) => told.push(event) },
    { monotonic: () => now },
    { maxRecipients: 10, windowMs: 60_000 },
  )
  return { told, bursts, pass: (ms) => (now += ms) }
}

describe('OutboundBursts', () => {
  it('reports an account at the limit, and once at every multiple of it', () => {
    const { told, bursts, pass } = counting()
    for (let count = 0; count < 25; count += 1) {
      bursts.sent(context, 'me@example.test', 1)
      pass(1000)
    }
    bursts.sent(context, 'me@example.test', 50)
    expect(told).toEqual([
      { user: 'me@example.test', recipients: 10, seconds: 9 },
      { user: 'me@example.test', recipients: 20, seconds: 19 },
      { user: 'me@example.test', recipients: 75, seconds: 25 },
    ])
  })

  it('says nothing of an account that takes its time, or of many accounts together', () => {
    const { told, bursts, pass } = counting()
    for (let count = 0; count < 30; count += 1) {
      bursts.sent(context, 'me@example.test', 5)
      pass(60_000)
    }
    for (let count = 0; count < 20_000; count += 1)
      bursts.sent(context, `user${count}@example.test`, 5)
    expect(told).toEqual([])
  })
})
