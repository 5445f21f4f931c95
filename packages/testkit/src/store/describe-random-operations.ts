import type { EmailId, MailOp } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { checkModel } from './check-model.ts'
import { followOp } from './follow-op.ts'
import { MailModel } from './mail-model.ts'
import { randomOp } from './random-ops.ts'
import { RandomSource } from './random-source.ts'
import { accountNow, addTestAccount, type OpenMailFixture } from './store-fixture.ts'
import { SyncedView } from './synced-view.ts'

const steps = 120

/** Any sequence of ops leaves what the model has, counters that a recount gives, and changes that lead any client to the truth. */
export function describeRandomOperations(open: OpenMailFixture, runs: number): void {
  describe('random operations', () => {
    it.each(Array.from({ length: runs }, (_, at) => at + 1))(
      'agree with a model, seed %i',
      async (seed) => {
        await using store = await open()
        const account = await addTestAccount(store)
        const random = new RandomSource(seed)
        const model = new MailModel()
        let view = await store.mail.read(account.id, async (reader) => {
          for (const { id, name } of await reader.mailboxes.list()) model.addMailbox(id, name)
          return SyncedView.of(reader)
        })
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
          await store.mail.read(account.id, async (reader) => {
            expect(reader.state).toBeGreaterThanOrEqual(state)
            state = reader.state
            await checkModel(reader, model)
            if (random.chance(15)) await view.sync(reader, 1 + random.below(7))
            if (random.chance(3)) view = await SyncedView.of(reader)
          })
          const used = [...model.emails()].reduce((sum, { size }) => sum + size, 0)
          expect(await accountNow(store, account)).toMatchObject({
            usedBytes: used,
            usedEmails: model.emails().size,
          })
        }
      },
    )
  })
}
