import type { PrincipalId, StoreChange } from '@gatepost/core'
import { silentLogger } from '@gatepost/telemetry'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'

import { LoginWatch } from '../src/index.ts'

const [me, you] = ['p1', 'p2'] as PrincipalId[] as [PrincipalId, PrincipalId]

let stamps: Map<PrincipalId, Set<string>>
let watchers: Set<(change: StoreChange) => void>
let lookUps: (readonly PrincipalId[])[]
let watch: LoginWatch

beforeEach(() => {
  stamps = new Map([
    [me, new Set(['mine', 'of my phone'])],
    [you, new Set(['yours'])],
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

function add(principal: PrincipalId, stamp: string): { readonly end: () => void; forget(): void } {
  const end = vi.fn<() => void>()
  return { end, forget: watch.add({ principal, stamp, end }) }
}

it('a new password ends the sessions of the old one, and no others', async () => {
  const sessions = [add(me, 'mine'), add(me, 'mine'), add(you, 'yours')]
  tell({ kind: 'directory' })
  await vi.waitFor(() => expect(lookUps.length).toBeGreaterThan(1))
  for (const { end } of sessions) expect(end).not.toHaveBeenCalled()
  stamps.set(me, new Set(['new']))
  tell({ kind: 'directory' })
  await vi.waitFor(() => expect(sessions[1]?.end).toHaveBeenCalled())
  expect(sessions[0]?.end).toHaveBeenCalledOnce()
  expect(sessions[2]?.end).not.toHaveBeenCalled()
})

it('the end of one credential ends the sessions that were made with it, and no others', async () => {
  const [phone, password] = [add(me, 'of my phone'), add(me, 'mine')]
  stamps.set(me, new Set(['mine']))
  tell({ kind: 'directory' })
  await vi.waitFor(() => expect(phone.end).toHaveBeenCalled())
  expect(password.end).not.toHaveBeenCalled()
})

it('the end of the principal ends its sessions, told by another process too', async () => {
  const session = add(me, 'mine')
  stamps.delete(me)
  tell({ kind: 'unknown' })
  await vi.waitFor(() => expect(session.end).toHaveBeenCalled())
})

it('a password that is changed while it is checked lets nobody stay', async () => {
  stamps.set(me, new Set(['new']))
  const session = add(me, 'mine')
  await vi.waitFor(() => expect(session.end).toHaveBeenCalled())
})

it('nothing is looked up for mail that comes, nor for sessions that are over', async () => {
  const session = add(me, 'mine')
  await vi.waitFor(() => expect(lookUps).toHaveLength(1))
  tell({ kind: 'account', account: 'a1' as never, state: 1 as never })
  session.forget()
  tell({ kind: 'directory' })
  add(you, 'yours')
  await vi.waitFor(() => expect(lookUps).toHaveLength(2))
  expect(lookUps[1]).toEqual([you])
})
