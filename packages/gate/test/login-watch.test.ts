import type { AccountId, StoreChange } from '@gatepost/core'
import { silentLogger } from '@gatepost/telemetry'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { LoginWatch } from '../src/index.ts'

const [me, you] = ['a1', 'a2'] as AccountId[] as [AccountId, AccountId]

let stamps: Map<AccountId, string>
let watchers: Set<(change: StoreChange) => void>
let lookUps: (readonly AccountId[])[]
let watch: LoginWatch

beforeEach(() => {
  stamps = new Map([
    [me, 'mine'],
    [you, 'yours'],
  ])
  watchers = new Set()
  lookUps = []
  watch = new LoginWatch({
    logger: silentLogger,
    changes: {
      watch: (listener) => {
        watchers.add(listener)
        return () => watchers.delete(listener)
      },
    },
    directory: {
      loginStamps: async (ids) => {
        lookUps.push(ids)
        return new Map(stamps)
      },
    },
  })
})
afterEach(() => {
  watch[Symbol.dispose]()
})

function tell(change: StoreChange): void {
  for (const watcher of watchers) watcher(change)
}

function add(account: AccountId, stamp: string): { readonly end: () => void; forget(): void } {
  const end = vi.fn<() => void>()
  return { end, forget: watch.add({ account, stamp, end }) }
}

it('a new password ends the sessions of the old one, and no others', async () => {
  const sessions = [add(me, 'mine'), add(me, 'mine'), add(you, 'yours')]
  tell({ kind: 'directory' })
  await vi.waitFor(() => expect(lookUps.length).toBeGreaterThan(1))
  for (const { end } of sessions) expect(end).not.toHaveBeenCalled()
  stamps.set(me, 'new')
  tell({ kind: 'directory' })
  await vi.waitFor(() => expect(sessions[1]?.end).toHaveBeenCalled())
  expect(sessions[0]?.end).toHaveBeenCalledOnce()
  expect(sessions[2]?.end).not.toHaveBeenCalled()
})

it('so does the end of the account, told by another process too', async () => {
  const session = add(me, 'mine')
  stamps.delete(me)
  tell({ kind: 'unknown' })
  await vi.waitFor(() => expect(session.end).toHaveBeenCalled())
})

it('a password that is changed while it is checked lets nobody stay', async () => {
  stamps.set(me, 'new')
  const session = add(me, 'mine')
  await vi.waitFor(() => expect(session.end).toHaveBeenCalled())
})

it('nothing is looked up for mail that comes, nor for sessions that are over', async () => {
  const session = add(me, 'mine')
  await vi.waitFor(() => expect(lookUps).toHaveLength(1))
  tell({ kind: 'account', account: me, state: 1 as never })
  session.forget()
  tell({ kind: 'directory' })
  add(you, 'yours')
  await vi.waitFor(() => expect(lookUps).toHaveLength(2))
  expect(lookUps[1]).toEqual([you])
})
