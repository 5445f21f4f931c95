import type { ChangeFeed, Directory, MailStore } from '@gatepost/core'
import { type SocketChannel } from '@gatepost/http'

import type { ServedAccount } from '../account-access.ts'
import { AccountsWatch, type AccountsWatchOptions } from './accounts-watch.ts'
import { pushTypes } from './push-query.ts'
import { readPushState } from './push-state.ts'

export interface SocketPushOptions {
  /** Their own first. */
  readonly accounts: readonly ServedAccount[]
  readonly store: Pick<MailStore, 'read'>
  readonly changes: Pick<ChangeFeed, 'subscribe' | 'watch'>
  readonly delayMs: number
  readonly addressesDelayMs: number
  readonly directory: Pick<Directory, 'addressesOf'>
  readonly channel: Pick<SocketChannel, 'send' | 'isSending'>
  readonly onFailure: (error: unknown) => void
}

/** Push over a WebSocket (RFC 8887 section 4.3.5). */
export class SocketPush {
  readonly #options: SocketPushOptions
  #watch: AccountsWatch | undefined
  #isEnding = false

  constructor(options: SocketPushOptions) {
    this.#options = options
  }

  /** In place of what was enabled before. What the client missed since `pushState` is told at once. @throws MailError */
  async enable(asked: {
    readonly dataTypes: readonly string[] | null
    readonly pushState: string | undefined
  }): Promise<void> {
    this.disable()
    const { dataTypes, pushState } = asked
    const { channel } = this.#options
    const watch = await AccountsWatch.start({
      ...this.#options,
      // Types that are not ours never change.
      types: dataTypes === null ? pushTypes : pushTypes.filter((type) => dataTypes.includes(type)),
      since: this.#sinceOf(pushState),
      // News wait, and become one, while the client takes something else.
      isReady: () => !channel.isSending,
      onChange: ({ body, state }) => {
        // RFC 8887 section 4.3.5.1
        void channel.send({ ...body, pushState: state }).then(() => this.wake())
      },
    })
    if (this.#isEnding) {
      watch.stop()
      return
    }
    this.#watch = watch
    if (pushState !== undefined) void watch.tell()
  }

  disable(): void {
    this.#watch?.stop()
    this.#watch = undefined
  }

  /** For good. */
  end(): void {
    this.#isEnding = true
    this.disable()
  }

  /** There may be something to tell now. */
  wake(): void {
    this.#watch?.wake()
  }

  /** A state that was never given out leaves everything to be told. */
  #sinceOf(pushState: string | undefined): AccountsWatchOptions['since'] {
    const [own] = this.#options.accounts
    if (pushState === undefined || own === undefined) return undefined
    return readPushState(own.account.id, pushState) ?? 'unknown'
  }
}
