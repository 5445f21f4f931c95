import type { AccountId, ChangeFeed, MailReader, MailStore, ModSeq } from '@gatepost/core'

import { changedTypes } from './changed-types.ts'
import { pushTypes, type PushType } from './push-query.ts'

export interface StateWatchOptions {
  readonly account: AccountId
  readonly types: readonly PushType[]
  readonly store: Pick<MailStore, 'read'>
  readonly changes: Pick<ChangeFeed, 'subscribe'>
  readonly delayMs: number
  /** What the client has seen last; undefined: the state as it is now. One that never was leaves everything to be told. */
  readonly since?: ModSeq | undefined
  /** False puts the news off until `wake`. */
  readonly isReady?: () => boolean
  readonly onChange: (change: StateChange) => void
  readonly onFailure: (error: unknown) => void
}

export interface StateChange {
  readonly state: string
  /** RFC 8620 section 7.1. */
  readonly body: {
    readonly '@type': 'StateChange'
    readonly changed: Readonly<Record<string, Readonly<Record<string, string>>>>
  }
}

/** Tells of changes to an account until it is stopped. */
export class StateWatch {
  readonly #options: StateWatchOptions
  readonly #unsubscribe: () => void
  /** What the client knows; undefined: it has yet to be read. */
  #told: ModSeq | undefined
  #waiting: NodeJS.Timeout | undefined
  #isTelling = false
  #isStopped = false

  private constructor(options: StateWatchOptions) {
    this.#options = options
    this.#told = options.since
    // Subscribed first: a change between the two is told twice at worst.
    this.#unsubscribe = options.changes.subscribe(options.account, () => this.wake())
  }

  /** Fulfils when every change from then on will be told. @throws MailError notFound `account.notFound` */
  static async start(options: StateWatchOptions): Promise<StateWatch> {
    const watch = new StateWatch(options)
    try {
      watch.#told ??= await options.store.read(options.account, ({ state }) => state)
      return watch
    } catch (error) {
      watch.stop()
      throw error
    }
  }

  /** Changes that come close together are told as one. */
  wake(): void {
    if (this.#isStopped) return
    this.#waiting ??= setTimeout(() => {
      this.#waiting = undefined
      void this.tell()
    }, this.#options.delayMs)
  }

  /** What there is to tell, at once. */
  async tell(): Promise<void> {
    const { isReady, onFailure } = this.#options
    const since = this.#told
    if (isReady?.() === false || since === undefined) return
    // Whoever woke it meanwhile is not forgotten.
    if (this.#isTelling) {
      this.wake()
      return
    }
    this.#isTelling = true
    try {
      await this.#tellSince(since)
    } catch (error) {
      if (!this.#isStopped) onFailure(error)
    } finally {
      this.#isTelling = false
    }
  }

  async #tellSince(since: ModSeq): Promise<void> {
    const { account, types, store, onChange } = this.#options
    const { state, changed } = await store.read(account, async (reader) => ({
      state: reader.state,
      changed: reader.state === since ? none : await changedSince(reader, since),
    }))
    if (this.#isStopped) return
    this.#told = state
    const told = types.filter((type) => changed.has(type))
    if (told.length === 0) return
    const states = Object.fromEntries(told.map((type) => [type, String(state)]))
    onChange({
      state: String(state),
      body: { '@type': 'StateChange', changed: { [account]: states } },
    })
  }

  stop(): void {
    this.#isStopped = true
    this.#unsubscribe()
    clearTimeout(this.#waiting)
    this.#waiting = undefined
  }
}

const none: ReadonlySet<PushType> = new Set()

async function changedSince(reader: MailReader, since: ModSeq): Promise<ReadonlySet<PushType>> {
  return since > reader.state ? new Set(pushTypes) : changedTypes(reader, since)
}
