import { allRights, type Right } from '@gatepost/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'

const [me, you] = ['me@example.test', 'you@example.test']
const mailCapability = 'urn:ietf:params:jmap:mail'

let jmap: JmapFixture
beforeEach(async () => {
  jmap = await JmapFixture.open()
})
afterEach(() => jmap[Symbol.asyncDispose]())

async function share(rights: Iterable<Right>): Promise<void> {
  await jmap.store.directory.setAccess({ account: you, principal: me, rights: new Set(rights) })
}

interface SessionObject {
  readonly accounts: Readonly<Record<string, { readonly accountCapabilities: object }>>
  readonly primaryAccounts: object
  readonly state: string
}
async function session(): Promise<SessionObject> {
  return JSON.parse((await jmap.ask({ path: '/jmap/session' })).text) as SessionObject
}

async function inboxOf(accountId: string): Promise<string> {
  const { list } = await jmap.call('Mailbox/get', { accountId, ids: null })
  return String(list.find((mailbox) => mailbox['role'] === 'inbox')?.['id'])
}

function draft(inbox: string): object {
  return { mailboxIds: { [inbox]: true }, subject: 'from a friend' }
}

describe('an account that is shared with somebody', () => {
  it('is in their session, and in its state, for mail and not to send from', async () => {
    const before = await session()
    expect(Object.keys(before.accounts)).toEqual([jmap.accountId])
    await share(['lookup', 'read'])
    const after = await session()
    expect(after.accounts).toMatchObject({
      [jmap.accountId]: { isPersonal: true, isReadOnly: false },
      [jmap.otherId]: { name: you, isPersonal: false, isReadOnly: true },
    })
    expect(Object.keys(after.accounts[jmap.otherId]?.accountCapabilities ?? {})).toEqual([
      'urn:ietf:params:jmap:core',
      mailCapability,
    ])
    expect(after.primaryAccounts).toMatchObject({ [mailCapability]: jmap.accountId })
    expect(after.state).not.toBe(before.state)
    await share(allRights)
    expect((await session()).accounts).toMatchObject({ [jmap.otherId]: { isReadOnly: false } })
  })

  it('is read and not changed without the rights to change it', async () => {
    await share(['lookup', 'read', 'seen'])
    const accountId = jmap.otherId
    const { list } = await jmap.call('Mailbox/get', { accountId, ids: null })
    expect(list).toContainEqual(
      expect.objectContaining({
        role: 'inbox',
        myRights: expect.objectContaining({ mayReadItems: true, maySetSeen: false }) as unknown,
      }),
    )
    const inbox = await inboxOf(accountId)
    const answers = await jmap.calls(
      ['Email/query', { accountId, filter: { inMailbox: inbox } }],
      ['Email/set', { accountId, create: { draft: draft(inbox) } }],
      ['Email/import', { accountId, emails: {} }],
      ['Mailbox/set', { accountId, create: { box: { name: 'Box' } } }],
      ['Identity/get', { accountId, ids: null }],
    )
    expect(answers.map(([name, args]) => (name === 'error' ? args['type'] : name))).toEqual([
      'Email/query',
      'accountReadOnly',
      'accountReadOnly',
      'accountReadOnly',
      'accountNotSupportedByMethod',
    ])
    const upload = { method: 'POST', path: `/jmap/upload/${accountId}/`, body: 'x' }
    expect((await jmap.ask(upload)).status).toBe(403)
  })

  it('is changed with them, and what is made in it is the owner’s', async () => {
    await share(allRights)
    const accountId = jmap.otherId
    const inbox = await inboxOf(accountId)
    const { created } = await jmap.call('Email/set', {
      accountId,
      create: { draft: draft(inbox) },
    })
    const { id, blobId } = (created['draft'] ?? {}) as { id: string; blobId: string }
    const { list } = await jmap.call('Email/get', { accountId, ids: [id], properties: ['subject'] })
    expect(list).toEqual([{ id, subject: 'from a friend' }])
    const download = (account: string): Promise<number> =>
      jmap.ask({ path: `/jmap/download/${account}/${blobId}/x.eml` }).then(({ status }) => status)
    expect(await download(accountId)).toBe(200)
    expect(await download(jmap.accountId)).toBe(404)
    const found = await jmap.store.mail.read(accountId, ({ emails }) => emails.get([id as never]))
    expect(found).toHaveLength(1)
  })

  it('has what each has read and subscribed to apart', async () => {
    await share(allRights)
    const accountId = jmap.otherId
    const inbox = await inboxOf(accountId)
    const { created } = await jmap.call('Email/set', {
      accountId,
      create: {
        one: draft(inbox),
        two: { ...draft(inbox), keywords: { $seen: true, work: true } },
      },
    })
    const [one, two] = ['one', 'two'].map((key) => String(created[key]?.['id']))
    const { mail } = jmap.store
    const ofOwner = async (): Promise<object> => {
      const [mailbox] = await mail.read(accountId, ({ mailboxes }) =>
        mailboxes.get([inbox as never]),
      )
      const emails = await mail.read(accountId, (reader) =>
        reader.emails.get([one, two] as never[]),
      )
      const { isSubscribed, unreadEmails, unreadThreads } = mailbox ?? {}
      return {
        isSubscribed,
        unread: [unreadEmails, unreadThreads],
        keywords: emails.map(({ keywords }) => keywords),
      }
    }
    const ofViewer = async (): Promise<object> => {
      const properties = ['isSubscribed', 'unreadEmails', 'unreadThreads']
      const { list: mailboxes } = await jmap.call('Mailbox/get', {
        accountId,
        ids: [inbox],
        properties,
      })
      const { list } = await jmap.call('Email/get', {
        accountId,
        ids: [one, two],
        properties: ['keywords'],
      })
      const [mailbox] = mailboxes
      return {
        isSubscribed: mailbox?.['isSubscribed'],
        unread: [mailbox?.['unreadEmails'], mailbox?.['unreadThreads']],
        keywords: list.map(({ keywords }) => Object.keys(keywords as object)),
      }
    }
    expect(await ofViewer()).toEqual({
      isSubscribed: false,
      unread: [1, 1],
      keywords: [[], ['$seen', 'work']],
    })
    expect(await ofOwner()).toEqual({
      isSubscribed: true,
      unread: [2, 2],
      keywords: [[], ['work']],
    })
    await mail.transact(accountId, [
      { op: 'updateEmail', emailId: one as never, keywords: { patch: { $seen: true } } },
    ])
    await jmap.call('Email/set', {
      accountId,
      update: { [String(two)]: { 'keywords/$seen': null } },
    })
    await jmap.call('Mailbox/set', { accountId, update: { [inbox]: { isSubscribed: true } } })
    expect(await ofViewer()).toEqual({
      isSubscribed: true,
      unread: [2, 2],
      keywords: [[], ['work']],
    })
    expect(await ofOwner()).toEqual({
      isSubscribed: true,
      unread: [1, 1],
      keywords: [['$seen'], ['work']],
    })
    const filter = { inMailbox: inbox, notKeyword: '$seen' }
    const { ids, total } = await jmap.call('Email/query', {
      accountId,
      filter,
      calculateTotal: true,
    })
    expect([new Set(ids as string[]), total]).toEqual([new Set([one, two]), 2])
    const { created: made } = await jmap.call('Mailbox/set', {
      accountId,
      create: { box: { name: 'Box' } },
    })
    expect(made['box']).toMatchObject({ isSubscribed: true })
    const box = await mail.read(accountId, ({ mailboxes }) =>
      mailboxes.get([made['box']?.['id'] as never]),
    )
    expect(box).toMatchObject([{ isSubscribed: false }])
  })

  it('is none as soon as the rights are taken away, nor where mailboxes alone are shared', async () => {
    await share(['lookup', 'read'])
    const mailbox = (await inboxOf(jmap.otherId)) as never
    await share([])
    await jmap.store.directory.setAccess({
      account: you,
      mailbox,
      principal: me,
      rights: allRights,
    })
    expect(Object.keys((await session()).accounts)).toEqual([jmap.accountId])
    const [[name, args] = []] = await jmap.calls([
      'Mailbox/get',
      { accountId: jmap.otherId, ids: null },
    ])
    expect([name, args]).toMatchObject(['error', { type: 'accountNotFound' }])
    expect((await jmap.ask({ path: `/jmap/download/${jmap.otherId}/x/x` })).status).toBe(404)
  })
})
