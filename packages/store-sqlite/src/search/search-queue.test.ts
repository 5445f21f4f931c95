import { describe, expect, it } from 'vitest'

import { type QueuedSearch, SearchQueue } from './search-queue.ts'

class Bench {
  readonly started: string[] = []
  readonly places = new Map<string, number>()
  readonly queue: SearchQueue

  constructor(maxRunning: number) {
    this.queue = new SearchQueue({ maxRunning, maxWaiting: 8, maxWaitingPerAccount: 3 })
  }

  add(account: number, name: string): QueuedSearch {
    const search: QueuedSearch = {
      account,
      start: (place) => {
        this.started.push(name)
        this.places.set(name, place)
      },
    }
    this.queue.add(search)
    return search
  }

  end(name: string): void {
    this.queue.leave(this.places.get(name) ?? -1)
  }
}

describe('searches that wait', () => {
  it('run for the accounts in turn, however many each of them asks for', () => {
    const bench = new Bench(1)
    for (const name of ['a1', 'a2', 'a3']) bench.add(1, name)
    bench.add(2, 'b1')
    bench.add(3, 'c1')
    for (const name of ['a1', 'a2', 'b1', 'c1', 'a3']) bench.end(name)
    expect(bench.started).toEqual(['a1', 'a2', 'b1', 'c1', 'a3'])
    const again = new Bench(1)
    again.add(9, 'first')
    for (const name of ['a1', 'a2', 'a3']) again.add(1, name)
    again.add(2, 'b1')
    for (const name of ['first', 'a1', 'b1', 'a2']) again.end(name)
    expect(again.started).toEqual(['first', 'a1', 'b1', 'a2', 'a3'])
    expect(again.queue.waiting).toBe(0)
  })

  it('of one account run one after the other, and leave the other places to others', () => {
    const bench = new Bench(3)
    bench.add(1, 'a1')
    bench.add(1, 'a2')
    bench.add(2, 'b1')
    expect(bench.started).toEqual(['a1', 'b1'])
    bench.end('a1')
    expect(bench.started).toEqual(['a1', 'b1', 'a2'])
    expect(new Set(bench.places.values())).toEqual(new Set([0, 1]))
  })

  it('are so many of an account and so many of all, and no more', () => {
    const bench = new Bench(1)
    for (let at = 0; at < 4; at += 1) bench.add(1, `a${at}`)
    expect(() => bench.add(1, 'a4')).toThrowError(
      expect.objectContaining({ code: 'search.tooMany' }),
    )
    for (let at = 0; at < 5; at += 1) bench.add(at + 2, 'other')
    expect(() => bench.add(8, 'x')).toThrowError(expect.objectContaining({ kind: 'busy' }))
    expect(bench.queue.waiting).toBe(8)
  })

  it('and are dropped leave their turn', () => {
    const bench = new Bench(1)
    const first = bench.add(1, 'a1')
    const dropped = bench.add(1, 'a2')
    bench.add(2, 'b1')
    expect(bench.queue.drop(first)).toBe(false)
    expect(bench.queue.drop(dropped)).toBe(true)
    expect(bench.queue.drop(dropped)).toBe(false)
    bench.end('a1')
    bench.end('b1')
    expect(bench.started).toEqual(['a1', 'b1'])
  })
})
