import { describe, expect, it } from 'vitest'

import { LineQueue } from './line-queue.ts'

function queueOf(maxBytes: number): { readonly queue: LineQueue; readonly dropped: number[] } {
  const dropped: number[] = []
  return { queue: new LineQueue(maxBytes, (lines) => dropped.push(lines)), dropped }
}

describe('LineQueue', () => {
  it('gives lines in order, in pieces', () => {
    const { queue } = queueOf(1000)
    for (const line of ['aa', 'bb', 'cc', 'dd']) queue.push(line)
    expect(queue.peek(3, 100)).toEqual({ text: 'aabbcc', lines: 3 })
    expect(queue.peek(9, 5)).toEqual({ text: 'aabb', lines: 2 })
    expect(queue.remove(2)).toBe(2)
    expect(queue.peek(9, 1)).toEqual({ text: 'cc', lines: 1 })
    expect(queue.bytes).toBe(4)
    expect(queue.clear()).toBe(2)
    expect(queue.bytes).toBe(0)
  })

  it('drops the oldest when there are too many, also those that are being sent', () => {
    const { queue, dropped } = queueOf(6)
    for (const line of ['aa', 'bb', 'cc']) queue.push(line)
    expect(queue.peek(2, 100).text).toBe('aabb')
    queue.push('dd')
    expect(dropped).toEqual([1])
    expect(queue.remove(2)).toBe(1)
    expect(queue.peek(9, 100).text).toBe('ccdd')
  })

  it('holds nothing of a line that is larger than everything', () => {
    const { queue, dropped } = queueOf(3)
    queue.push('aaaa')
    expect(dropped).toEqual([1])
    expect(queue.bytes).toBe(0)
    queue.push('bb')
    expect(queue.peek(9, 9).text).toBe('bb')
  })

  it('forgets what is gone, however long it runs', () => {
    const { queue } = queueOf(10_000)
    for (let round = 0; round < 100_000; round += 1) {
      queue.push(`${round}\n`)
      const { text, lines } = queue.peek(10, 1000)
      expect(text).toBe(`${round}\n`)
      queue.remove(lines)
    }
    expect(queue.bytes).toBe(0)
  })
})
