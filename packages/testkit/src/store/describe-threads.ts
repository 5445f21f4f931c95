import type { ThreadId } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { addTo, uidsOf } from './add-emails.ts'
import {
  addTestAccount,
  currentMailbox,
  mailboxWithRole,
  type OpenMailFixture,
  testMessage,
} from './store-fixture.ts'

export function describeThreads(open: OpenMailFixture): void {
  describe('threads', () => {
    it('join messages that share an id and a base subject, in any order of arrival', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const add = (content: Buffer, receivedAt: number) =>
        addTo(store, account, [inbox], { content, receivedAt })
      const reply = await add(
        testMessage({ id: 'b@x', references: ['a@x'], subject: 'Re: [list] Plan  B' }),
        2,
      )
      const first = await add(testMessage({ id: 'a@x', subject: 'Plan B' }), 1)
      const other = await add(testMessage({ id: 'c@x', references: ['a@x'], subject: 'New' }), 3)
      expect(first.threadId).toBe(reply.threadId)
      expect(other.threadId).not.toBe(first.threadId)
      const threads = await store.mail.read(account.id, ({ emails }) =>
        emails.threads([first.threadId, 't0' as ThreadId]),
      )
      expect([...threads]).toEqual([[first.threadId, [first.emailId, reply.emailId]]])
      expect(await currentMailbox(store, account, inbox)).toMatchObject({
        totalThreads: 2,
        unreadThreads: 2,
        totalEmails: 3,
      })
    })

    it('stay apart when a later message links two, and the older one takes it', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const add = (content: Buffer) => addTo(store, account, [inbox], { content })
      const one = await add(testMessage({ id: 'one@x', subject: 's' }))
      const two = await add(testMessage({ id: 'two@x', subject: 's' }))
      const link = await add(
        testMessage({ id: 'three@x', subject: 's', references: ['two@x', 'one@x'] }),
      )
      expect(two.threadId).not.toBe(one.threadId)
      expect(link.threadId).toBe(one.threadId)
    })

    it('never join messages without ids', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const one = await addTo(store, account, [inbox])
      const two = await addTo(store, account, [inbox])
      expect(one.threadId).not.toBe(two.threadId)
    })

    it('change with their emails and end with the last', async () => {
      await using store = await open()
      const account = await addTestAccount(store)
      const inbox = await mailboxWithRole(store, account, 'inbox')
      const content = testMessage({ id: 'a@x', subject: 's' })
      const { threadId } = await addTo(store, account, [inbox], { content })
      const states = [await store.mail.read(account.id, (reader) => reader.state)]
      const expunge = { op: 'expunge', mailboxId: inbox.id, onlyDeleted: false } as const
      await addTo(store, account, [inbox], { content })
      states.push(await store.mail.read(account.id, (reader) => reader.state))
      await store.mail.transact(account.id, [{ ...expunge, uids: uidsOf(1) }])
      states.push(await store.mail.read(account.id, (reader) => reader.state))
      await store.mail.transact(account.id, [expunge])
      const lists = await store.mail.read(account.id, ({ changes }) =>
        Promise.all(states.map((state) => changes.threads(state, 10))),
      )
      for (const list of lists)
        expect(list).toMatchObject({ created: [], updated: [], destroyed: [threadId] })
      const later = await addTo(store, account, [inbox], { content })
      expect(later.threadId).not.toBe(threadId)
    })
  })
}
