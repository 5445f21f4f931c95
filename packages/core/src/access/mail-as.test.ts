import { expect, it } from 'vitest'

import type { AccountId, PrincipalId } from '../ids.ts'
import type { Access } from '../model/access.ts'
import type { MailStore } from '../ports/mail-store.ts'
import { mailAs } from './mail-as.ts'

const [mine, theirs] = ['a1', 'a2'] as AccountId[] as [AccountId, AccountId]
const access: Access = {
  principal: { id: 'p7' as PrincipalId, name: 'me@example.test' },
  roles: new Set(),
  account: { id: mine, address: 'me@example.test' },
  shared: [],
}

it('their own mail is that of its owner, that of others is seen by a viewer', async () => {
  const calls: unknown[] = []
  const note =
    (name: string) =>
    (...args: readonly unknown[]): Promise<never> => {
      calls.push([name, args[0], args.at(-1)])
      return Promise.resolve(undefined as never)
    }
  const names = ['read', 'transact', 'search', 'searchMailbox', 'deliver'] as const
  const store = Object.fromEntries(names.map((name) => [name, note(name)])) as unknown as MailStore
  const mail = mailAs(store, access)
  const { signal } = new AbortController()
  for (const account of [mine, theirs]) {
    await mail.read(account, () => undefined)
    await mail.transact(account, [])
    await mail.search(account, { where: { kind: 'all' }, window: { position: 0, limit: 1 } })
    await mail.searchMailbox(
      account,
      { mailbox: 'm1' as never, where: { kind: 'all' } },
      { signal },
    )
  }
  await mail.deliver('a delivery' as never)
  const viewer = 'p7'
  expect(calls).toEqual([
    ['read', mine, {}],
    ['transact', mine, {}],
    ['search', mine, {}],
    ['searchMailbox', mine, { signal }],
    ['read', theirs, { viewer }],
    ['transact', theirs, { viewer }],
    ['search', theirs, { viewer }],
    ['searchMailbox', theirs, { signal, viewer }],
    ['deliver', 'a delivery', 'a delivery'],
  ])
})
