import type {
  AccountId,
  ChangeFeed,
  Directory,
  MailReader,
  MailStore,
  ModSeq,
} from '@gatepost/core'

import { identityState, type OwnAddress, ownAddresses } from '../methods/identities.ts'
import { changedTypes } from './changed-types.ts'
import { pushTypes, type PushType } from './push-query.ts'

export interface StateWatchOptions {
  readonly account: AccountId
  readonly types: readonly PushType[]
  readonly store: Pick<MailStore, 'read'>
  readonly changes: Pick<ChangeFeed, 'subscribe' | 'watch'>
  readonly directory: Pick<Directory, 'addressesOf'>
  readonly delayMs: number
  /** How long a change of the account's addresses may wait to be told. */
  readonly addressesDelayMs: number
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
  readonly #endWatch: () => void
  /** What the client knows; undefined: it has yet to be read. */
  #told: ModSeq | undefined
  /** What makes the identities, as far as the client knows; empty when it does not ask for them. */
  #addresses: readonly OwnAddress[] = []
  #mayAddressesDiffer = false
  #waiting: NodeJS.Timeout | undefined
  #waitingForAddresses: NodeJS.Timeout | undefined
  #isTelling = false
  #isStopped = false

  private constructor(options: StateWatchOptions) {
    this.#options = options
    this.#told = options.since
    // Subscribed first: a change between the two is told twice at worst.
    this.#unsubscribe = options.changes.subscribe(options.account, () => this.wake())
    this.#endWatch = this.#hasIdentities
      ? options.changes.watch(({ kind }) => {
          if (kind !== 'account') this.#lookAtAddresses()
        })
      : () => undefined
  }

  /** Fulfils when every change from then on will be told. @throws MailError notFound `account.notFound` */
  static async start(options: StateWatchOptions): Promise<StateWatch> {
    const watch = new StateWatch(options)
    try {
      watch.#told ??= await options.store.read(options.account, ({ state }) => state)
      watch.#addresses = await watch.#ownAddresses()
      return watch
    } catch (error) {
      watch.stop()
      throw error
    }
  }

  /** The state that the client knows. */
  get told(): ModSeq | undefined {
    return this.#told
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
    const hasOtherAddresses = await this.#hasOtherAddresses()
    if (this.#isStopped) return
    this.#told = state
    const told = types.filter(
      (type) => changed.has(type) || (type === 'Identity' && hasOtherAddresses),
    )
    if (told.length === 0) return
    const states = Object.fromEntries(told.map((type) => [type, this.#stateOf(type, state)]))
    onChange({
      state: String(state),
      body: { '@type': 'StateChange', changed: { [account]: states } },
    })
  }

  stop(): void {
    this.#isStopped = true
    this.#unsubscribe()
    this.#endWatch()
    clearTimeout(this.#waiting)
    clearTimeout(this.#waitingForAddresses)
    this.#waiting = undefined
  }

  get #hasIdentities(): boolean {
    return this.#options.types.includes('Identity')
  }

  /** An alias that was added or deleted. Everybody who listens looks, whoever it concerns: not at each change, of which an import makes many. */
  #lookAtAddresses(): void {
    if (this.#isStopped) return
    this.#waitingForAddresses ??= setTimeout(() => {
      this.#waitingForAddresses = undefined
      this.#mayAddressesDiffer = true
      void this.tell()
    }, this.#options.addressesDelayMs)
    this.#waitingForAddresses.unref()
  }

  async #hasOtherAddresses(): Promise<boolean> {
    if (!this.#mayAddressesDiffer) return false
    this.#mayAddressesDiffer = false
    const before = this.#stateOf('Identity', 0)
    this.#addresses = await this.#ownAddresses()
    return this.#stateOf('Identity', 0) !== before
  }

  async #ownAddresses(): Promise<readonly OwnAddress[]> {
    const { directory, account } = this.#options
    return this.#hasIdentities
      ? ownAddresses({ services: { directory }, account: { id: account } })
      : []
  }

  #stateOf(type: PushType, state: ModSeq | 0): string {
    return type === 'Identity' ? identityState(state, this.#addresses) : String(state)
  }
}

const none: ReadonlySet<PushType> = new Set()

async function changedSince(reader: MailReader, since: ModSeq): Promise<ReadonlySet<PushType>> {
  return since > reader.state ? new Set(pushTypes) : changedTypes(reader, since)
}
