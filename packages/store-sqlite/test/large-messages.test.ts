import { createHash, randomBytes } from 'node:crypto'

import type { AccountId, DeliveryResult, MailboxId } from '@gatepost/core'
import { type SqliteStore, verifyStore } from '@gatepost/store-sqlite'
import { contentsOf, worstMessages } from '@gatepost/testkit'
import { expect, it } from 'vitest'

import { makeFolder, openIn } from './open-fixture.ts'
import { mailboxOf } from './operate/filled-store.ts'

interface Bench extends AsyncDisposable {
  readonly folder: string
  readonly store: SqliteStore
  readonly me: AccountId
  readonly other: AccountId
}

async function open(): Promise<Bench> {
  await using resources = new AsyncDisposableStack()
  const folder = resources.use(makeFolder())
  const store = resources.use(await openIn(folder.path))
  const { id: me } = await store.directory.addAccount('me@example.test', { hash: 'hash' })
  const { id: other } = await store.directory.addAccount('other@example.test', { hash: 'hash' })
  const moved = resources.move()
  const dispose = (): Promise<void> => moved.disposeAsync()
  return { folder: folder.path, store, me, other, [Symbol.asyncDispose]: dispose }
}

function deliver({ store }: Bench, account: AccountId, content: Buffer): Promise<DeliveryResult> {
  const local = [{ accountId: account, role: 'inbox', keywords: [] } as const]
  return store.mail.deliver({ content, receivedAt: 1, local })
}

function worst(name: string, bytes: number): Buffer {
  const found = worstMessages.find((message) => message.name === name)
  if (found === undefined) throw new Error(`no ${name}`)
  return found.make(bytes)
}

async function inbox({ store, me }: Bench): Promise<MailboxId> {
  return (await mailboxOf(store.mail, me, 'inbox')).id
}

it("a message of the worst kind is read while others' deliveries are written: 30 MB of empty parts held them for seconds", async () => {
  await using bench = await open()
  const order: string[] = []
  const large = deliver(bench, bench.me, worst('header fields without a value', 30_000_000)).then(
    () => order.push('large'),
  )
  // Together they were one batch, and the first was read first.
  await deliver(bench, bench.other, Buffer.from('Subject: small\r\n\r\nbody'))
  order.push('small')
  await large
  expect(order).toEqual(['small', 'large'])
})

it('large messages keep every byte, whether they are delivered, added or uploaded first', async () => {
  await using bench = await open()
  const { store, me, folder } = bench
  const contents = [worst('empty parts', 400_000), randomBytes(700_000), worst('words', 900_000)]
  const [delivered = Buffer.alloc(0), added = Buffer.alloc(0), uploaded = Buffer.alloc(0)] =
    contents
  await deliver(bench, me, delivered)
  const mailboxIds = [await inbox(bench)]
  const email = { op: 'addEmail', mailboxIds, keywords: [], receivedAt: 1 } as const
  await store.mail.transact(me, [{ ...email, content: added }])
  const [{ blobId }] = await store.mail.transact(me, [
    { op: 'putBlob', content: uploaded, expiresAt: Number.MAX_SAFE_INTEGER },
  ])
  const [{ size }] = await store.mail.transact(me, [{ ...email, content: blobId }])
  expect(size).toBe(uploaded.byteLength)
  const stored = await contentsOf(store.mail, me, await inbox(bench))
  expect(stored.map(hashOf)).toEqual(contents.map(hashOf))
  await expect(
    store.mail.transact(me, [{ ...email, content: 'Bnone' as typeof blobId }]),
  ).rejects.toMatchObject({ code: 'blob.notFound' })
  expect((await verifyStore({ dataFolder: folder, isDeep: true })).problems).toEqual([])
})

it('what was asked before the store closes is stored, also when it is still being read', async () => {
  const bench = await open()
  const large = deliver(bench, bench.me, worst('references', 3_000_000))
  await bench.store[Symbol.asyncDispose]()
  expect((await large).local).toMatchObject([{ kind: 'delivered' }])
  await bench[Symbol.asyncDispose]()
})

it('a large message whose caller is done with it moves to the other thread: a clone held the event loop for 30 ms', async () => {
  await using bench = await open()
  const { store, me } = bench
  const delivery = {
    receivedAt: 1,
    local: [{ accountId: me, role: 'inbox', keywords: [] }],
  } as const
  const [moved, kept, shared] = [ownBytes(), ownBytes(), ownBytes()]
  const hashes = [moved, kept, shared.subarray(5)].map(hashOf)
  await store.mail.deliver({ ...delivery, content: moved, mayMoveContent: true })
  await store.mail.deliver({ ...delivery, content: kept })
  // Its memory has somebody else's bytes too.
  await store.mail.deliver({ ...delivery, content: shared.subarray(5), mayMoveContent: true })
  expect([moved, kept, shared].map(({ byteLength }) => byteLength)).toEqual([0, 700_000, 700_000])
  const stored = await contentsOf(store.mail, me, await inbox(bench))
  expect(stored.map(hashOf)).toEqual(hashes)
})

/** In memory of its own. */
function ownBytes(): Buffer {
  const bytes = Buffer.allocUnsafeSlow(700_000)
  randomBytes(bytes.length).copy(bytes)
  return bytes
}

function hashOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}
