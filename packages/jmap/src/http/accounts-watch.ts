import { type AccountId, MailError, type ModSeq } from '@gatepost/core'

import type { ServedAccount } from '../account-access.ts'
import { type ToldStates, writePushState } from './push-state.ts'
import { type StateChange, StateWatch, type StateWatchOptions } from './state-watch.ts'

export interface AccountsWatchOptions extends Omit<StateWatchOptions, 'account' | 'since'> {
  /** Their own first. */
  readonly accounts: readonly ServedAccount[]
  /** Left out, or without an account: its state as it is now. */
  readonly since?: ToldStates | 'unknown' | undefined
}

/** Later than all states that there are: everything has changed since. */
const never = Number.MAX_SAFE_INTEGER as ModSeq

/** Tells of changes to the accounts that somebody has access to, until it is stopped. The state of a change is the push state of them all. */
export class AccountsWatch {
  readonly #options: AccountsWatchOptions
  readonly #watches = new Map<AccountId, StateWatch>()
  /** Those that had something to tell when it could not be. */
  readonly #putOff = new Set<AccountId>()

  private constructor(options: AccountsWatchOptions) {
    this.#options = options
  }

  /** Fulfils when every change from then on will be told. @throws MailError notFound `account.notFound` */
  static async start(options: AccountsWatchOptions): Promise<AccountsWatch> {
    const watch = new AccountsWatch(options)
    try {
      for (const account of options.accounts) await watch.#add(account)
      return watch
    } catch (error) {
      watch.stop()
      throw error
    }
  }

  /** What there is to tell, at once. */
  async tell(): Promise<void> {
    for (const watch of this.#watches.values()) await watch.tell()
  }

  /** What was put off can be told now. */
  wake(): void {
    for (const account of this.#putOff) this.#watches.get(account)?.wake()
    this.#putOff.clear()
  }

  stop(): void {
    for (const watch of this.#watches.values()) watch.stop()
  }

  async #add({ account: { id }, isPersonal }: ServedAccount): Promise<void> {
    const { types, since, isReady, onFailure } = this.#options
    try {
      const watch = await StateWatch.start({
        ...this.#options,
        account: id,
        // Nobody sends as somebody else: identities are those of their own account.
        types: isPersonal ? types : types.filter((type) => type !== 'Identity'),
        since: since === 'unknown' ? never : since?.get(id),
        isReady: () => {
          if (isReady?.() !== false) return true
          this.#putOff.add(id)
          return false
        },
        onChange: (change) => this.#told(change),
        onFailure: (error) => {
          if (isPersonal || !isGone(error)) onFailure(error)
          else this.#remove(id)
        },
      })
      this.#watches.set(id, watch)
    } catch (error) {
      if (isPersonal || !isGone(error)) throw error
    }
  }

  #told(change: StateChange): void {
    const [own] = this.#options.accounts
    if (own === undefined) return
    const told = new Map<AccountId, ModSeq>()
    for (const [account, { told: state }] of this.#watches)
      if (state !== undefined && state !== never) told.set(account, state)
    this.#options.onChange({ ...change, state: writePushState(own.account.id, told) })
  }

  /** An account of somebody else that has been deleted. */
  #remove(account: AccountId): void {
    this.#watches.get(account)?.stop()
    this.#watches.delete(account)
  }
}

function isGone(error: unknown): boolean {
  return error instanceof MailError && error.code === 'account.notFound'
}
