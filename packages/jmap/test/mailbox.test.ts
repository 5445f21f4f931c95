import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'

let jmap: JmapFixture
beforeEach(async () => {
  jmap = await JmapFixture.open()
})
afterEach(() => jmap[Symbol.asyncDispose]())

describe('Mailbox/get', () => {
  it('counts emails and unread ones', async () => {
    await jmap.add('Subject: a\n\nb')
    await jmap.add('Subject: b\n\nb', { keywords: ['$seen'] })
    const { list } = await jmap.call('Mailbox/get', { ids: [jmap.boxes['inbox']] })
    expect(list).toMatchObject([
      { role: 'inbox', totalEmails: 2, unreadEmails: 1, totalThreads: 2, unreadThreads: 1 },
    ])
    expect(list[0]).toMatchObject({ myRights: { mayReadItems: true, mayDelete: false } })
  })

  it('tells which ids are not there and refuses what is no id or no property', async () => {
    expect(await jmap.call('Mailbox/get', { ids: ['nope'] })).toMatchObject({
      list: [],
      notFound: ['nope'],
    })
    for (const args of [
      { ids: ['../etc'] },
      { ids: ['a'.repeat(256)] },
      { ids: 'x' },
      { properties: ['nope'] },
      { surprise: true },
    ])
      expect(await jmap.call('Mailbox/get', args)).toMatchObject({ error: 'invalidArguments' })
    expect(await jmap.call('Mailbox/get', { accountId: jmap.otherId })).toMatchObject({
      error: 'accountNotFound',
    })
  })
})

describe('Mailbox/set', () => {
  it('creates a tree in one call, in any order', async () => {
    const { created, notCreated } = await jmap.call('Mailbox/set', {
      create: {
        leaf: { name: 'Leaf', parentId: '#branch' },
        branch: { name: 'Branch', parentId: null, isSubscribed: true },
      },
    })
    expect(notCreated).toBeNull()
    expect(created['leaf']).toMatchObject({ parentId: created['branch']?.id, totalEmails: 0 })
  })

  it('blames what is wrong with an object, and does the others', async () => {
    const answer = await jmap.call('Mailbox/set', {
      create: {
        good: { name: 'Good' },
        noName: {},
        slash: { name: 'a/b' },
        orphan: { name: 'o', parentId: '#nobody' },
        lost: { name: 'l', parentId: 'nope' },
        counted: { name: 'c', totalEmails: 3 },
      },
    })
    expect(Object.keys(answer.created)).toEqual(['good'])
    expect(answer['notCreated']).toMatchObject({
      noName: { type: 'invalidProperties', properties: ['name'] },
      slash: { type: 'invalidProperties', properties: ['name'] },
      orphan: { type: 'invalidProperties', properties: ['parentId'] },
      lost: { type: 'invalidProperties', properties: ['parentId'] },
      counted: { type: 'invalidProperties', properties: ['totalEmails'] },
    })
    const twice = await jmap.call('Mailbox/set', { create: { x: { name: 'Good' } } })
    const existingId = answer.created['good']?.id
    expect(twice['notCreated']).toMatchObject({ x: { type: 'alreadyExists', existingId } })
  })

  it('a name that a sibling has is alreadyExists, with the id of the sibling, whichever way it is taken', async () => {
    const { created } = await jmap.call('Mailbox/set', {
      create: {
        top: { name: 'Top' },
        below: { name: 'Taken', parentId: '#top' },
        other: { name: 'Taken' },
      },
    })
    const [top, below, other] = ['top', 'below', 'other'].map((key) => created[key]?.id ?? '')
    for (const patch of [{ parentId: top }, { name: 'INBOX' }])
      expect(
        (await jmap.call('Mailbox/set', { update: { [other ?? '']: patch } }))['notUpdated'],
      ).toMatchObject({
        [other ?? '']: {
          type: 'alreadyExists',
          existingId: 'name' in patch ? jmap.boxes['inbox'] : below,
        },
      })
  })

  it('renames, and takes back what the server said unchanged', async () => {
    const { created } = await jmap.call('Mailbox/set', { create: { x: { name: 'Old' } } })
    const id = created['x']?.id ?? ''
    const { list } = await jmap.call('Mailbox/get', { ids: [id] })
    const answer = await jmap.call('Mailbox/set', { update: { [id]: { ...list[0], name: 'New' } } })
    expect(answer['updated']).toEqual({ [id]: null })
    const wrong = await jmap.call('Mailbox/set', {
      update: { [id]: { unreadEmails: 9 }, nope: { name: 'x' } },
    })
    expect(wrong['notUpdated']).toMatchObject({
      [id]: { type: 'invalidProperties', properties: ['unreadEmails'] },
      nope: { type: 'notFound' },
    })
    const after = await jmap.call('Mailbox/get', { ids: [id] })
    expect(after.list).toMatchObject([{ name: 'New' }])
  })

  it('destroys children before their parent, and emails only when told to', async () => {
    const { created } = await jmap.call('Mailbox/set', {
      create: { p: { name: 'P' }, c: { name: 'C', parentId: '#p' }, full: { name: 'Full' } },
    })
    const [p, c, full] = ['p', 'c', 'full'].map((key) => created[key]?.id ?? '')
    await jmap.add('Subject: x\n\n', { mailbox: full ?? '' })
    const inbox = jmap.boxes['inbox'] ?? ''
    const first = await jmap.call('Mailbox/set', { destroy: [p, inbox, full] })
    expect(first['notDestroyed']).toMatchObject({
      [p ?? '']: { type: 'mailboxHasChild' },
      [inbox]: { type: 'forbidden' },
      [full ?? '']: { type: 'mailboxHasEmail' },
    })
    const second = await jmap.call('Mailbox/set', {
      destroy: [p, c, full],
      onDestroyRemoveEmails: true,
    })
    expect(second['destroyed']).toEqual(expect.arrayContaining([p, c, full]))
  })

  it('does nothing when the state is another one', async () => {
    expect(
      await jmap.call('Mailbox/set', { ifInState: '999999', create: { x: { name: 'X' } } }),
    ).toMatchObject({ error: 'stateMismatch' })
    const { state } = await jmap.call('Mailbox/get', { ids: [] })
    const answer = await jmap.call('Mailbox/set', {
      ifInState: state,
      create: { x: { name: 'X' }, y: { name: 'Y' } },
    })
    expect(Object.keys(answer.created)).toEqual(['x', 'y'])
  })
})

describe('Mailbox/query', () => {
  it('filters, sorts and shows trees', async () => {
    const { created } = await jmap.call('Mailbox/set', {
      create: {
        b: { name: 'zeta', sortOrder: 9 },
        a: { name: 'alpha', parentId: '#b', sortOrder: 9 },
      },
    })
    const [a, b] = ['a', 'b'].map((key) => created[key]?.id)
    const byName = await jmap.call('Mailbox/query', {
      filter: {
        operator: 'AND',
        conditions: [{ hasAnyRole: false }, { operator: 'NOT', conditions: [{ name: 'nothing' }] }],
      },
      sort: [{ property: 'name' }],
      calculateTotal: true,
    })
    expect(byName).toMatchObject({ ids: [a, b], total: 2, position: 0, canCalculateChanges: false })
    const tree = await jmap.call('Mailbox/query', {
      filter: { hasAnyRole: false },
      sort: [{ property: 'name' }],
      sortAsTree: true,
    })
    expect(tree.ids).toEqual([b, a])
    const inTree = await jmap.call('Mailbox/query', {
      filter: { name: 'ALPHA' },
      filterAsTree: true,
    })
    expect(inTree.ids).toEqual([])
    expect(await jmap.call('Mailbox/query', { sort: [{ property: 'color' }] })).toMatchObject({
      error: 'unsupportedSort',
    })
    expect(await jmap.call('Mailbox/query', { filter: { color: 1 } })).toMatchObject({
      error: 'unsupportedFilter',
    })
  })
})

describe('Mailbox/changes', () => {
  it('names what changed, and says when only counts did', async () => {
    const { state } = await jmap.call('Mailbox/get', { ids: [] })
    await jmap.add('Subject: x\n\n')
    const counts = await jmap.call('Mailbox/changes', { sinceState: state })
    expect(counts).toMatchObject({
      oldState: state,
      created: [],
      updated: [jmap.boxes['inbox']],
      destroyed: [],
      hasMoreChanges: false,
      updatedProperties: expect.arrayContaining(['totalEmails', 'unreadEmails']),
    })
    const { created } = await jmap.call('Mailbox/set', { create: { x: { name: 'X' } } })
    const made = await jmap.call('Mailbox/changes', { sinceState: counts.newState })
    expect(made).toMatchObject({ created: [created['x']?.id], updated: [] })
    for (const sinceState of ['x', '', '-1', '1e3', '99999999'])
      expect(await jmap.call('Mailbox/changes', { sinceState })).toMatchObject({
        error: 'cannotCalculateChanges',
      })
  })
})
