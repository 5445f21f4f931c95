import type { EmailId, MailOp } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { checkModel } from './check-model.ts'
import { followOp } from './follow-op.ts'
import { MailModel } from './mail-model.ts'
import { randomOp } from './random-ops.ts'
import { RandomSource } from './random-source.ts'
import { addTestAccount, type OpenStoreFixture } from './store-fixture.ts'
import { SyncedView } from './synced-view.ts'

const seeds = [1, 2, 3, 4, 5, 6]
const steps = 120

/** Any sequence of ops leaves what the model has, counters that a recount gives, and changes that lead any client to the truth. */
export function describeRandomOperations(open: OpenStoreFixture): void {
  describe('random operations', () => {
    it.each(seeds)('agree with a model, seed %i', async (seed) => {
      await using store = await open()
      const account = await addTestAccount(store)
      const random = new RandomSource(seed)
      const model = new MailModel()
      store.mail.read(account.id, (reader) => {
        for (const { id, name } of reader.mailboxes.list()) model.addMailbox(id, name)
      })
      let view = store.mail.read(account.id, (reader) => new SyncedView(reader))
      let state = 0
      for (let step = 0; step < steps; step += 1) {
        const op = randomOp(random, model, step)
        if (random.chance(10)) {
          const failing: MailOp = { op: 'destroyEmail', emailId: 'e0' as EmailId }
          await expect(store.mail.transact(account.id, [op, failing])).rejects.toMatchObject({
            code: 'email.notFound',
          })
        } else {
          const [result] = await store.mail.transact(account.id, [op])
          followOp(model, op, result)
        }
        store.mail.read(account.id, (reader) => {
          expect(reader.state).toBeGreaterThanOrEqual(state)
          state = reader.state
          checkModel(reader, model)
          if (random.chance(15)) view.sync(reader, 1 + random.below(7))
          if (random.chance(3)) view = new SyncedView(reader)
        })
        const used = [...model.emails()].reduce((sum, { size }) => sum + size, 0)
        expect(store.directory.account(account.id)).toMatchObject({
          usedBytes: used,
          usedEmails: model.emails().size,
        })
      }
    })
  })
}
