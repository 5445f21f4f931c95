import type { Account, LocalDelivery } from '@gatepost/core'
import { openPostgresStore } from '@gatepost/store-postgres'
import { PostgresServer } from '@gatepost/testkit'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'

import { openFixture, type PostgresFixture, TestDatabases } from './postgres-fixture.ts'

const databases = new TestDatabases()

beforeEach((context) => PostgresServer.require(context))
afterAll(() => databases[Symbol.asyncDispose]())

function accountsIn({ directory }: PostgresFixture, count: number): Promise<Account[]> {
  return Promise.all(
    Array.from({ length: count }, (_, n) =>
      directory.addAccount(`${n}@example.test`, { hash: '' }),
    ),
  )
}

function toInbox({ id }: Account): LocalDelivery {
  return { accountId: id, role: 'inbox', keywords: [] }
}

describe('transactions beside each other', () => {
  it('reach the same accounts in any order, with the same contents, and none is lost', async () => {
    await using fixture = await openFixture(databases)
    const accounts = await accountsIn(fixture, 4)
    await Promise.all(
      Array.from({ length: 80 }, (_, n) =>
        fixture.mail.deliver({
          content: Buffer.from(`content ${n % 7}`),
          receivedAt: n,
          local: (n % 2 === 0 ? accounts : accounts.toReversed()).map(toInbox),
        }),
      ),
    )
    for (const { id } of accounts) {
      const inbox = await fixture.mail.read(
        id,
        async ({ mailboxes }) => (await mailboxes.list())[0],
      )
      expect(inbox).toMatchObject({ totalEmails: 80, uidNext: 81 })
    }
  })

  it('add and let go of the same contents in any order, which are there for who has them', async () => {
    await using fixture = await openFixture(databases)
    const accounts = await accountsIn(fixture, 6)
    const contents = Array.from({ length: 5 }, (_, n) => Buffer.from(`shared ${n}`))
    const run = async ({ id }: Account, at: number): Promise<void> => {
      const inbox = await fixture.mail.read(
        id,
        async ({ mailboxes }) => (await mailboxes.list())[0],
      )
      if (inbox === undefined) throw new Error('a new account has INBOX')
      const ordered = at % 2 === 0 ? contents : contents.toReversed()
      for (let round = 0; round < 6; round += 1) {
        const added = await fixture.mail.transact(
          id,
          ordered.map((content) => ({
            op: 'addEmail' as const,
            content,
            mailboxIds: [inbox.id],
            keywords: [],
            receivedAt: round,
          })),
        )
        await fixture.mail.transact(
          id,
          added
            .slice(round === 5 ? 1 : 0)
            .toReversed()
            .map(({ emailId }) => ({ op: 'destroyEmail' as const, emailId })),
        )
      }
    }
    await Promise.all(accounts.map(run))
    for (const { id } of accounts)
      expect((await fixture.directory.accounts([id])).get(id)).toMatchObject({ usedEmails: 1 })
  })

  it('that end in a deadlock begin again', async () => {
    await using fixture = await openFixture(databases)
    const [account] = await accountsIn(fixture, 1)
    if (account === undefined) throw new Error('one was made')
    const content = Buffer.from('locked')
    await fixture.mail.deliver({ content, receivedAt: 1, local: [toInbox(account)] })
    // Somebody who locks in another order than the store does: the content, then the account that a delivery has locked.
    await fixture.client.query("SET deadlock_timeout = '60s'")
    await fixture.client.query('BEGIN')
    await fixture.client.query('SELECT 1 FROM blob FOR UPDATE')
    const delivered = fixture.mail.deliver({ content, receivedAt: 2, local: [toInbox(account)] })
    await untilLocked(fixture)
    await fixture.client.query('SELECT 1 FROM account FOR UPDATE')
    await fixture.client.query('COMMIT')
    await expect(delivered).resolves.toMatchObject({ local: [{ kind: 'delivered' }] })
  })

  it('that wait longer than a statement may take are busy, and leave no trace', async () => {
    await using fixture = await openFixture(databases)
    const { connection, client, directory } = fixture
    const [account] = await accountsIn(fixture, 1)
    if (account === undefined) throw new Error('one was made')
    await using impatient = await openPostgresStore({ connection, maxMs: 300 })
    await client.query('BEGIN')
    await client.query('SELECT 1 FROM account FOR UPDATE')
    const late = impatient.mail.deliver({
      content: Buffer.from('late'),
      receivedAt: 1,
      local: [toInbox(account)],
    })
    await expect(late).rejects.toMatchObject({ kind: 'busy', code: 'store.busy' })
    await client.query('COMMIT')
    expect((await directory.accounts([account.id])).get(account.id)).toMatchObject({
      usedEmails: 0,
    })
  })
})

/** Until somebody waits for a lock in this database. */
async function untilLocked({ client }: PostgresFixture): Promise<void> {
  for (;;) {
    const { rows } = await client.query(
      `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
    )
    if (rows.length > 0) return
  }
}
