import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'

let jmap: JmapFixture

const quoted = 'Content-Transfer-Encoding: quoted-printable\n'

beforeAll(async () => {
  jmap = await JmapFixture.open()
})
afterAll(() => jmap[Symbol.asyncDispose]())

async function tripsOf(method: string, args: object): Promise<readonly string[]> {
  jmap.store.trips.length = 0
  await jmap.call(method, args)
  return [...jmap.store.trips]
}

// A store behind a network costs a millisecond for each.
describe('the round trips of a method call do not grow with the objects of a page', () => {
  it.each([
    ['of the structure', { properties: ['subject', 'from', 'preview'] }, false],
    // Sizes were counted by decoding the bodies.
    ['of the parts', { properties: ['bodyStructure', 'textBody', 'attachments'] }, false],
    [
      'of the message itself',
      { fetchTextBodyValues: true, properties: ['textBody', 'bodyValues', 'header:X-A'] },
      true,
    ],
  ])('Email/get, properties %s', async (_name, args, readsMessages) => {
    const ids: string[] = []
    for (let at = 0; at < 15; at += 1)
      ids.push(await jmap.add(`Subject: ${at}\nX-A: b\n${quoted}\n${'text=20'.repeat(at * 20)}\n`))
    const page = [
      'read',
      'emails.get',
      'emails.indexes',
      ...(readsMessages ? ['blobs.ranges'] : []),
    ]
    expect(await tripsOf('Email/get', { ...args, ids: ids.slice(0, 1) })).toEqual(['read', ...page])
    expect(await tripsOf('Email/get', { ...args, ids })).toEqual(['read', ...page])
  })

  it('Mailbox/get and Thread/get', async () => {
    expect(await tripsOf('Mailbox/get', {})).toEqual(['read', 'read', 'mailboxes.list'])
    const ids = Object.values(jmap.boxes)
    expect(await tripsOf('Mailbox/get', { ids })).toEqual(['read', 'read', 'mailboxes.get'])
    const threadIds: string[] = []
    for (let at = 0; at < 3; at += 1) {
      const id = await jmap.add(`Subject: thread ${at}\n\nx\n`)
      const { list } = await jmap.call('Email/get', { ids: [id], properties: ['threadId'] })
      threadIds.push(String(list[0]?.threadId))
    }
    expect(await tripsOf('Thread/get', { ids: threadIds })).toEqual([
      'read',
      'read',
      'emails.threads',
    ])
  })

  // A client may send whole objects back: each was read by itself.
  it('Email/set and Mailbox/set, of objects that are sent back whole', async () => {
    const ids: string[] = []
    for (let at = 0; at < 15; at += 1) ids.push(await jmap.add(`Subject: ${at}\n\nx\n`))
    const { list } = await jmap.call('Email/get', { ids, properties: ['size', 'subject', 'from'] })
    const emails = list.map(({ id, ...rest }) => [id, { ...rest, 'keywords/k': true }])
    const patches = async (count: number): Promise<readonly string[]> =>
      tripsOf('Email/set', { update: Object.fromEntries(emails.slice(0, count)) as object })
    const expected = ['read', 'read', 'emails.get', 'emails.indexes', 'transact', 'read']
    expect(await patches(1)).toEqual(expected)
    expect(await patches(15)).toEqual(expected)
    const mailboxes = (await jmap.call('Mailbox/get', {})).list
    const update = Object.fromEntries(mailboxes.map((one) => [one.id, { ...one, sortOrder: 7 }]))
    expect(await tripsOf('Mailbox/set', { update })).toEqual([
      'read',
      'read',
      'mailboxes.get',
      'transact',
      'read',
    ])
  })
})
