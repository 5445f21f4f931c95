import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { type Args, JmapFixture, type Thing } from './jmap-fixture.ts'

let jmap: JmapFixture
beforeEach(async () => {
  jmap = await JmapFixture.open()
})
afterEach(() => jmap[Symbol.asyncDispose]())

const other = 'more@example.test'

async function identities(): Promise<readonly Thing[]> {
  return (await jmap.call('Identity/get')).list
}

/** Of the first address. */
async function ownId(): Promise<string> {
  const [first] = await identities()
  if (first === undefined) throw new Error('every account has an address')
  return first.id
}

async function read(id: string): Promise<Thing | undefined> {
  return (await jmap.call('Identity/get', { ids: [id] })).list[0]
}

function update(id: string, patch: unknown, more: object = {}): Promise<Args> {
  return jmap.call('Identity/set', { update: { [id]: patch }, ...more })
}

function changes(sinceState: string, more: object = {}): Promise<Args> {
  return jmap.call('Identity/changes', { sinceState, ...more })
}

async function refusal(id: string, patch: unknown): Promise<unknown> {
  const { updated, notUpdated } = await update(id, patch)
  expect(updated).toBeNull()
  return (notUpdated as Readonly<Record<string, unknown>>)[id]
}

describe('an identity', () => {
  it('is there for each address, with the defaults until it is changed', async () => {
    expect(await identities()).toEqual(
      ['me@example.test', 'alias@example.test'].map((email) => ({
        id: expect.stringMatching(/^I[\w-]{20}$/) as string,
        email,
        name: '',
        replyTo: null,
        bcc: null,
        textSignature: '',
        htmlSignature: '',
        mayDelete: false,
      })),
    )
  })

  it('keeps what the client sets, as it was given', async () => {
    const id = await ownId()
    const before = await identities()
    const settings = {
      name: 'Jöe Bloggs',
      replyTo: [{ name: null, email: 'team@example.org' }],
      bcc: [{ name: 'Myself', email: 'me@example.test' }],
      textSignature: '-- \nJoe',
      htmlSignature: '<script>alert(1)</script><b title="\u0000">Joe</b>',
    }
    expect(await update(id, settings)).toMatchObject({ updated: { [id]: null }, notUpdated: null })
    expect(await read(id)).toEqual({ ...before[0], ...settings })
    expect((await identities())[1]).toEqual(before[1])
    await update(id, { name: 'Joe', bcc: null })
    expect(await read(id)).toEqual({ ...before[0], ...settings, name: 'Joe', bcc: null })
    const { list } = await jmap.call('Identity/get', { ids: [id], properties: ['name'] })
    expect(list).toEqual([{ id, name: 'Joe' }])
    await update(id, { name: null, replyTo: null, textSignature: null, htmlSignature: null })
    expect(await read(id)).toEqual(before[0])
  })

  it('may be sent back whole, and is changed in nothing else', async () => {
    const id = await ownId()
    const identity = await read(id)
    expect(await update(id, { ...identity, name: 'Joe' })).toMatchObject({ notUpdated: null })
    for (const [property, value] of [
      ['email', other],
      ['id', 'Iother'],
      ['mayDelete', true],
      ['verified', true],
      ['replyTo/0', { name: null, email: other }],
    ] as const)
      expect(await refusal(id, { [property]: value })).toMatchObject({
        type: 'invalidProperties',
        properties: [property],
      })
    expect(await read(id)).toEqual({ ...identity, name: 'Joe' })
  })

  it.each([
    ['name', 'x'.repeat(1_001)],
    ['name', 7],
    ['replyTo', 'me@example.test'],
    ['replyTo', [{ name: 'x' }]],
    ['replyTo', [{ name: 'x\r\nBcc: all', email: other }]],
    ['bcc', [{ name: null, email: 'no address' }]],
    ['bcc', Array.from({ length: 1_001 }, () => ({ name: null, email: other }))],
    ['textSignature', 'x'.repeat(65_537)],
    ['htmlSignature', ['<b>']],
  ])('does not take what is no %s', async (property, value) => {
    expect(await refusal(await ownId(), { [property]: value })).toMatchObject({
      type: 'invalidProperties',
      properties: [expect.stringMatching(new RegExp(`^${property}`)) as string],
    })
  })

  it('is too large when its settings are more than a record may have', async () => {
    const id = await ownId()
    const half = 'x'.repeat(40_000)
    expect(await refusal(id, { textSignature: half, htmlSignature: half })).toMatchObject({
      type: 'tooLarge',
    })
    expect(await update(id, { htmlSignature: half })).toMatchObject({ notUpdated: null })
    expect(await refusal(id, { textSignature: half })).toMatchObject({ type: 'tooLarge' })
    expect(await read(id)).toMatchObject({ htmlSignature: half, textSignature: '' })
  })

  it('is neither made nor destroyed by a client', async () => {
    const id = await ownId()
    const answer = await jmap.call('Identity/set', {
      create: { new: { email: other, name: 'Joe' } },
      update: { Inone: { name: 'Joe' } },
      destroy: [id, 'Inone'],
    })
    expect(answer).toMatchObject({
      created: null,
      updated: null,
      destroyed: null,
      notCreated: { new: { type: 'forbidden' } },
      notUpdated: { Inone: { type: 'notFound' } },
      notDestroyed: { [id]: { type: 'forbidden' }, Inone: { type: 'notFound' } },
    })
    expect(answer.newState).toBe(answer.oldState)
  })

  it('keeps the changes of two clients at once', async () => {
    const id = await ownId()
    const patches = Array.from({ length: 3 }, (_, at) => [
      { name: `name ${at}` },
      { textSignature: `text ${at}` },
      { htmlSignature: `html ${at}` },
    ]).flat()
    const answers = await Promise.all(patches.map((patch) => update(id, patch)))
    expect(answers.map(({ notUpdated }) => notUpdated)).toEqual(patches.map(() => null))
    expect(await read(id)).toMatchObject({
      name: expect.stringContaining('name ') as string,
      textSignature: expect.stringContaining('text ') as string,
      htmlSignature: expect.stringContaining('html ') as string,
    })
  })

  it('is nobody else’s to read or to change', async () => {
    const id = await ownId()
    for (const [name, args] of [
      ['Identity/get', {}],
      ['Identity/changes', { sinceState: '0.x' }],
      ['Identity/set', { update: { [id]: { name: 'x' } } }],
    ] as const)
      expect(await jmap.call(name, { ...args, accountId: jmap.otherId })).toMatchObject({
        error: 'accountNotFound',
      })
  })
})

describe('the state of identities', () => {
  it('moves with the account, and tells which have changed', async () => {
    const [first, second] = (await identities()).map(({ id }) => id)
    const { state } = await jmap.call('Identity/get')
    expect(await changes(state)).toMatchObject({ newState: state, updated: [] })
    await jmap.add('Subject: x\n\nx')
    const mailed = await changes(state)
    expect(mailed).toMatchObject({ oldState: state, updated: [], hasMoreChanges: false })
    const { oldState, newState } = await update(first ?? '', { name: 'Joe' })
    expect(oldState).toBe(mailed.newState)
    expect(await changes(oldState)).toMatchObject({
      oldState,
      newState,
      hasMoreChanges: false,
      created: [],
      updated: [first],
      destroyed: [],
    })
    expect((await jmap.call('Identity/get')).state).toBe(newState)
    const same = await update(first ?? '', { name: 'Joe' })
    expect(same).toMatchObject({ notUpdated: null, newState })
    await update(second ?? '', { name: 'Joe' })
    const page = await changes(state, { maxChanges: 1 })
    expect(page).toMatchObject({ updated: [first], hasMoreChanges: true })
    expect(await changes(page.newState, { maxChanges: 1 })).toMatchObject({
      updated: [second],
      hasMoreChanges: false,
    })
  })

  it('is expected by a set that says so', async () => {
    const id = await ownId()
    const { state } = await jmap.call('Identity/get')
    const { newState } = await update(id, { name: 'one' }, { ifInState: state })
    expect(await update(id, { name: 'two' }, { ifInState: state })).toMatchObject({
      error: 'stateMismatch',
    })
    await update(id, { name: 'three' }, { ifInState: newState })
    expect(await read(id)).toMatchObject({ name: 'three' })
  })

  it('cannot be continued when the addresses are others; settings come again with the address', async () => {
    const id = await ownId()
    const { state } = await jmap.call('Identity/get')
    await jmap.store.directory.addAlias({ address: other, target: 'me@example.test' })
    expect(await changes(state)).toMatchObject({ error: 'cannotCalculateChanges' })
    expect(await update(id, { name: 'x' }, { ifInState: state })).toMatchObject({
      error: 'stateMismatch',
    })
    const added = (await identities()).find(({ email }) => email === other)
    const since = await update(added?.id ?? '', { name: 'More' })
    await jmap.store.directory.deleteAlias(other)
    expect(await read(added?.id ?? '')).toBeUndefined()
    expect(await changes(since.oldState)).toMatchObject({ error: 'cannotCalculateChanges' })
    // What is said of the address that is gone is said to nobody.
    expect(await changes(state)).toMatchObject({ updated: [] })
    await jmap.store.directory.addAlias({ address: other, target: 'me@example.test' })
    expect(await read(added?.id ?? '')).toMatchObject({ name: 'More' })
  })

  it.each(['', '0', '1.', 'x.abcdefghijklmnop', '1.abcdefghijklmnop', '9'.repeat(64)])(
    'is never %j',
    async (state) => {
      expect(await changes(state)).toMatchObject({ error: 'cannotCalculateChanges' })
    },
  )
})

it('identities cost as many round trips for one as for a few', async () => {
  const id = await ownId()
  const { trips } = jmap.store
  for (const args of [{ ids: [id] }, {}]) {
    trips.length = 0
    await jmap.call('Identity/get', args)
    expect(trips).toEqual(['read', 'read', 'records.get'])
  }
})

it('a submission with an identity that has settings goes out as before', async () => {
  const id = await ownId()
  await update(id, { name: 'Joe', bcc: [{ name: null, email: other }] })
  const emailId = await jmap.add('From: me@example.test\nTo: a@example.org\nSubject: x\n\nx')
  const create = { s: { emailId, identityId: id } }
  const { created } = await jmap.call('EmailSubmission/set', { create })
  expect(created['s']).toMatchObject({ undoStatus: 'final' })
  expect(jmap.submitted).toMatchObject([
    { reversePath: 'me@example.test', recipients: [{ address: 'a@example.org' }] },
  ])
})
