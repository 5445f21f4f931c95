import { describe, expect, it } from 'vitest'

import type { AccountId } from '../ids.ts'
import type { StoreChange } from '../ports/change-feed.ts'
import type { AccountName, Directory, Resolution } from '../ports/directory.ts'
import { CachedDirectory } from './cached-directory.ts'

const me: AccountName = { id: 'a1' as AccountId, address: 'me@example.test' }

/** A directory of one account that counts what it is asked. */
class Stage {
  readonly asked: unknown[] = []
  readonly watchers = new Set<(change: StoreChange) => void>()
  accounts: readonly AccountName[] = [me]
  /** Awaited by every answer, which is the one of before. */
  gate: Promise<void> = Promise.resolve()
  readonly directory: CachedDirectory

  constructor() {
    const answer = async <T>(name: string, asked: unknown, value: T): Promise<T> => {
      this.asked.push([name, asked])
      await this.gate
      return value
    }
    const resolutionOf = (address: string): Resolution => {
      if (!address.endsWith('@example.test')) return { kind: 'foreign' }
      const accounts = address.startsWith('nobody') ? [] : this.accounts
      return accounts.length === 0 ? { kind: 'unknown' } : { kind: 'local', accounts }
    }
    const directory: Directory = {
      isLocalDomain: (domain) => answer('isLocalDomain', domain, domain === 'example.test'),
      domains: () => answer('domains', undefined, []),
      resolve: (addresses) =>
        answer('resolve', addresses, new Map(addresses.map((one) => [one, resolutionOf(one)]))),
      login: (name) => answer('login', name, undefined),
      loginOfToken: (hash) => answer('loginOfToken', hash, undefined),
      withoutScramKeys: () => answer('withoutScramKeys', undefined, 2),
      noteUse: (credential) => answer('noteUse', credential, undefined),
      addScramKeys: (_principal, credential) => answer('addScramKeys', credential, undefined),
      maySendAs: (id, addresses) =>
        answer(
          'maySendAs',
          addresses,
          new Set(id === me.id ? addresses.filter((one) => one.startsWith('me')) : []),
        ),
      accounts: (ids) => answer('accounts', ids, new Map()),
      namesWithLocalPart: (local) => answer('namesWithLocalPart', local, []),
      loginStamps: (ids) => answer('loginStamps', ids, new Map()),
      firstAccount: () => answer('firstAccount', undefined, me),
      addressesOf: (id) => answer('addressesOf', id, [me.address]),
    }
    this.directory = new CachedDirectory(directory, {
      watch: (listener) => {
        this.watchers.add(listener)
        return () => this.watchers.delete(listener)
      },
    })
  }

  tell(change: StoreChange): void {
    for (const watcher of this.watchers) watcher(change)
  }

  /** What was asked since the last time. */
  takeAsked(): unknown[] {
    return this.asked.splice(0)
  }
}

async function askAll({ directory }: Stage): Promise<unknown[]> {
  return [
    await directory.isLocalDomain('example.test'),
    await directory.resolve([me.address]),
    await directory.maySendAs(me.id, [me.address]),
  ]
}

describe('a cached directory', () => {
  it('asks for what is hot once, until the directory changes or nobody knows what did', async () => {
    const stage = new Stage()
    const first = await askAll(stage)
    expect(stage.takeAsked()).toHaveLength(3)
    expect(await askAll(stage)).toEqual(first)
    stage.tell({ kind: 'account', account: me.id, state: 2 as never })
    expect(await askAll(stage)).toEqual(first)
    expect(stage.takeAsked()).toEqual([])
    for (const kind of ['directory', 'unknown'] as const) {
      stage.tell({ kind })
      expect(await askAll(stage)).toEqual(first)
      expect(stage.takeAsked()).toHaveLength(3)
    }
  })

  it('asks for the rest of a set at once, and answers in the order asked', async () => {
    const stage = new Stage()
    await stage.directory.resolve(['me@example.test'])
    stage.takeAsked()
    const addresses = ['a@example.test', 'me@example.test', 'b@foreign.test']
    const resolved = await stage.directory.resolve(addresses)
    expect([...resolved.keys()]).toEqual(addresses)
    expect(stage.takeAsked()).toEqual([['resolve', ['a@example.test', 'b@foreign.test']]])
    const senders = ['me@example.test', 'you@example.test', 'me2@example.test']
    await stage.directory.maySendAs(me.id, senders.slice(2))
    const own = await stage.directory.maySendAs(me.id, senders)
    expect([...own]).toEqual(['me@example.test', 'me2@example.test'])
    expect(stage.takeAsked()).toEqual([
      ['maySendAs', senders.slice(2)],
      ['maySendAs', senders.slice(0, 2)],
    ])
    expect(await stage.directory.maySendAs('a2' as AccountId, senders)).toEqual(new Set())
  })

  it('keeps nothing of what is not there, no password, nor what changes with every message', async () => {
    const stage = new Stage()
    const { directory } = stage
    const ask = async (): Promise<void> => {
      await directory.resolve(['nobody@example.test'])
      await directory.login(me.address)
      await directory.maySendAs(me.id, ['you@example.test'])
      await directory.accounts([me.id])
    }
    await ask()
    await ask()
    expect(stage.takeAsked()).toHaveLength(8)
  })

  it('keeps no answer that was on its way while something changed', async () => {
    const stage = new Stage()
    const { promise, resolve } = Promise.withResolvers<void>()
    stage.gate = promise
    const before = stage.directory.resolve([me.address])
    stage.accounts = []
    stage.tell({ kind: 'directory' })
    resolve()
    expect((await before).get(me.address)).toEqual({ kind: 'local', accounts: [me] })
    const after = await stage.directory.resolve([me.address])
    expect(after.get(me.address)).toEqual({ kind: 'unknown' })
  })

  it('is bounded: the answer that was not asked for longest goes first', async () => {
    const stage = new Stage()
    const { directory } = stage
    await directory.resolve([me.address])
    const details = Array.from({ length: 9_999 }, (_, at) => `me+${at}@example.test`)
    await directory.resolve(details)
    await directory.resolve([me.address, 'last@example.test'])
    stage.takeAsked()
    await directory.resolve([me.address])
    expect(stage.takeAsked()).toEqual([])
    await directory.resolve(['me+0@example.test'])
    expect(stage.takeAsked()).toHaveLength(1)
  })

  it('keeps no long list for each detail of one address', async () => {
    const stage = new Stage()
    stage.accounts = Array.from({ length: 9 }, () => me)
    await stage.directory.resolve(['all@example.test'])
    await stage.directory.resolve(['all@example.test'])
    expect(stage.takeAsked()).toHaveLength(2)
  })

  it('listens no longer when it is disposed of', () => {
    const stage = new Stage()
    stage.directory[Symbol.dispose]()
    expect(stage.watchers.size).toBe(0)
  })
})
