import type { AccountId, IpAddress } from '@gatepost/core'

/** A live session, as the registry needs it. */
export interface RegisteredSession {
  readonly remote: IpAddress
  readonly account: AccountId | undefined
}

/** Every live session by address: one place to count them and to find those that a decision concerns. */
export class SessionRegistry<S extends RegisteredSession> {
  readonly #byAddress = new Map<string, Set<S>>()
  #size = 0

  get size(): number {
    return this.#size
  }

  countOf(address: IpAddress): number {
    return this.#byAddress.get(address.text)?.size ?? 0
  }

  add(session: S): void {
    const sessions = this.#byAddress.get(session.remote.text)
    if (sessions === undefined) this.#byAddress.set(session.remote.text, new Set([session]))
    else sessions.add(session)
    this.#size += 1
  }

  remove(session: S): void {
    const sessions = this.#byAddress.get(session.remote.text)
    if (sessions?.delete(session) !== true) return
    this.#size -= 1
    if (sessions.size === 0) this.#byAddress.delete(session.remote.text)
  }

  *all(): Generator<S> {
    for (const sessions of this.#byAddress.values()) yield* sessions
  }
}
