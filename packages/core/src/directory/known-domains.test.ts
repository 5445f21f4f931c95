import { expect, it } from 'vitest'

import type { StoreChange } from '../ports/change-feed.ts'
import type { Domain } from '../ports/directory.ts'
import { KnownDomains } from './known-domains.ts'

class Source {
  names = ['one.test']
  isBroken = false
  reads = 0
  readonly watchers = new Set<(change: StoreChange) => void>()
  readonly errors: unknown[] = []
  held: PromiseWithResolvers<void> | undefined

  open(): Promise<KnownDomains> {
    return KnownDomains.open({
      directory: { domains: () => this.#domains() },
      changes: {
        watch: (listener) => {
          this.watchers.add(listener)
          return () => this.watchers.delete(listener)
        },
      },
      onError: (error) => this.errors.push(error),
    })
  }

  async change(kind: 'directory' | 'unknown' = 'directory'): Promise<void> {
    for (const watcher of this.watchers) watcher({ kind })
    await new Promise(setImmediate)
  }

  async #domains(): Promise<readonly Domain[]> {
    this.reads += 1
    if (this.isBroken) throw new Error('broken')
    const domains = this.names.map((name) => ({ name, createdAt: 0 }))
    await this.held?.promise
    return domains
  }
}

it('knows a domain as soon as the feed has told of it, and forgets one that is gone', async () => {
  const source = new Source()
  using known = await source.open()
  expect([known.has('one.test'), known.has('two.test')]).toEqual([true, false])
  source.names = ['two.test']
  await source.change('unknown')
  expect([known.has('one.test'), known.has('two.test')]).toEqual([false, true])
})

it('reads once more for any number of changes while it reads', async () => {
  const source = new Source()
  using known = await source.open()
  source.held = Promise.withResolvers()
  await source.change()
  source.names = ['two.test']
  for (let at = 0; at < 100; at += 1) await source.change()
  source.held.resolve()
  await new Promise(setImmediate)
  expect(known.has('two.test')).toBe(true)
  expect(source.reads).toBe(3)
})

it('keeps what it knew when the list cannot be read, and says so', async () => {
  const source = new Source()
  using known = await source.open()
  source.isBroken = true
  await source.change()
  expect(known.has('one.test')).toBe(true)
  expect(source.errors).toHaveLength(1)
  source.isBroken = false
  source.names = ['two.test']
  await source.change()
  expect(known.has('two.test')).toBe(true)
})

it('watches no more when it is over, nor when it could not be opened', async () => {
  const source = new Source()
  ;(await source.open())[Symbol.dispose]()
  source.isBroken = true
  await expect(source.open()).rejects.toThrow('broken')
  expect(source.watchers.size).toBe(0)
})
