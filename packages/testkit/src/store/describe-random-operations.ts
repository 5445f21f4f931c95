/* oxlint-disable vitest/no-standalone-expect -- called by tests */
import type { Account, EmailId, MailOp, PrincipalId } from '@gatepost/core'
import { describe, expect, it } from 'vitest'

import { checkModel } from './check-model.ts'
import { followOp } from './follow-op.ts'
import { type By, MailModel } from './mail-model.ts'
import { randomOp } from './random-ops.ts'
import { RandomSource } from './random-source.ts'
import {
  accountNow,
  addTestAccount,
  type MailFixture,
  type OpenMailFixture,
} from './store-fixture.ts'
import { SyncedView } from './synced-view.ts'

const steps = 120

/** Any sequence of ops leaves what the model has, counters that a recount gives, and changes that lead any client to the truth. */
export function describeRandomOperations(open: OpenMailFixture, runs: number): void {
  const seeds = Array.from({ length: runs }, (_, at) => at + 1)
  describe('random operations', () => {
    it.each(seeds)('agree with a model, seed %i', async (seed) => {
      await using store = await open()
      const run = await RandomRun.begin(store, seed)
      for (let step = 0; step < steps; step += 1) await run.step(step)
      expect(run.isUsed).toBe(true)
    })

    it.each(seeds)(
      'agree with it for everybody whom the account is shared with, seed %i',
      async (seed) => {
        await using store = await open()
        const run = await RandomRun.begin(store, seed + 1_000)
        const friends: [Account, Account] = [
          await addTestAccount(store, 'friend'),
          await addTestAccount(store, 'other'),
        ]
        const [first, second] = friends
        for (let step = 0; step < steps; step += 1) {
          if (step === 10) await run.share(first)
          if (step === 40) await run.share(second)
          if (step === 90) await run.unshare(first)
          if (step === 100) await run.share(first)
          await run.step(step)
        }
        expect(run.isUsed).toBe(true)
      },
    )
  })
}

/** An account that ops happen to, by its owner and by those it is shared with. */
class RandomRun {
  readonly #store: MailFixture
  readonly #account: Account
  readonly #random: RandomSource
  readonly #model = new MailModel()
  readonly #views = new Map<By, SyncedView>()
  readonly #viewers = new Map<Account, PrincipalId>()
  #state = 0

  private constructor(store: MailFixture, account: Account, seed: number) {
    this.#store = store
    this.#account = account
    this.#random = new RandomSource(seed)
  }

  static async begin(store: MailFixture, seed: number): Promise<RandomRun> {
    const account = await addTestAccount(store)
    const run = new RandomRun(store, account, seed)
    await store.mail.read(account.id, async (reader) => {
      for (const { id, name } of await reader.mailboxes.list()) run.#model.addMailbox(id, name)
      run.#views.set(undefined, await SyncedView.of(reader))
    })
    return run
  }

  /** Whether anything came of it. */
  get isUsed(): boolean {
    return this.#state > 0 && this.#model.mailboxes.size > 0
  }

  async share(friend: Account): Promise<void> {
    const viewer = await this.#store.sharing.share(this.#account, friend)
    this.#model.addViewer(viewer)
    const view = await this.#store.mail.read(this.#account.id, (reader) => SyncedView.of(reader), {
      viewer,
    })
    this.#views.set(viewer, view)
    this.#viewers.set(friend, viewer)
  }

  async unshare(friend: Account): Promise<void> {
    const viewer = this.#viewers.get(friend)
    if (viewer === undefined) throw new Error('it is not shared with them')
    await this.#store.sharing.unshare(this.#account, friend)
    this.#model.removeViewer(viewer)
    this.#views.delete(viewer)
  }

  async step(step: number): Promise<void> {
    const { mail } = this.#store
    const by = [...this.#model.viewers][this.#random.below(this.#model.viewers.size + 1)]
    const op = randomOp(this.#random, this.#model, step)
    if (this.#random.chance(10)) {
      const failing: MailOp = { op: 'destroyEmail', emailId: 'e0' as EmailId }
      await expect(
        mail.transact(this.#account.id, [op, failing], { viewer: by }),
      ).rejects.toMatchObject({ code: 'email.notFound' })
    } else {
      const [result] = await mail.transact(this.#account.id, [op], { viewer: by })
      followOp(this.#model, op, { result, by })
    }
    for (const viewer of this.#views.keys()) await this.#check(viewer)
    const used = [...this.#model.emails()].reduce((sum, { size }) => sum + size, 0)
    expect(await accountNow(this.#store, this.#account)).toMatchObject({
      usedBytes: used,
      usedEmails: this.#model.emails().size,
    })
  }

  async #check(viewer: PrincipalId | undefined): Promise<void> {
    const check = async (reader: Parameters<typeof SyncedView.of>[0]): Promise<void> => {
      expect(reader.state).toBeGreaterThanOrEqual(this.#state)
      this.#state = reader.state
      await checkModel(reader, this.#model, viewer)
      const view = this.#views.get(viewer)
      if (this.#random.chance(15)) await view?.sync(reader, 1 + this.#random.below(7))
      if (this.#random.chance(3)) this.#views.set(viewer, await SyncedView.of(reader))
    }
    await this.#store.mail.read(this.#account.id, check, { viewer })
  }
}
