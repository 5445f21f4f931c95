import type { AccountId, ChangeFeed, MailReader, MailStore, ModSeq } from '@gatepost/core'

import { changedTypes } from './changed-types.ts'
import { pushTypes, type PushType } from './push-query.ts'

export interface StateWatchOptions {
  readonly account: AccountId
  readonly types: readonly PushType[]
  readonly store: Pick<MailStore, 'read'>
  readonly changes: ChangeFeed
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
  #told: ModSeq
  #waiting: NodeJS.Timeout | undefined

  constructor(options: StateWatchOptions) {
    this.#options = options
    const { account, changes, store, since } = options
    // Subscribed first: a change between the two is told twice at worst.
    this.#unsubscribe = changes.subscribe(account, () => this.wake())
    this.#told = since ?? store.read(account, (reader) => reader.state)
  }

  /** Changes that come close together are told as one. */
  wake(): void {
    this.#waiting ??= setTimeout(() => {
      this.#waiting = undefined
      this.tell()
    }, this.#options.delayMs)
  }

  /** What there is to tell, at once. */
  tell(): void {
    const { account, types, store, isReady, onChange, onFailure } = this.#options
    if (isReady?.() === false) return
    try {
      const since = this.#told
      const { state, changed } = store.read(account, (reader) => ({
        state: reader.state,
        changed: reader.state === since ? none : changedSince(reader, since),
      }))
      this.#told = state
      const told = types.filter((type) => changed.has(type))
      if (told.length === 0) return
      const states = Object.fromEntries(told.map((type) => [type, String(state)]))
      onChange({
        state: String(state),
        body: { '@type': 'StateChange', changed: { [account]: states } },
      })
    } catch (error) {
      onFailure(error)
    }
  }

  stop(): void {
    this.#unsubscribe()
    clearTimeout(this.#waiting)
    this.#waiting = undefined
  }
}

const none: ReadonlySet<PushType> = new Set()

function changedSince(reader: MailReader, since: ModSeq): ReadonlySet<PushType> {
  return since > reader.state ? new Set(pushTypes) : changedTypes(reader, since)
}
