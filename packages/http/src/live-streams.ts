import { Concurrency, type Access } from '@gatepost/core'
import {
  isEnding,
  type BoundLogin,
  type EndReason,
  type Judge,
  type LoginWatch,
} from '@gatepost/gate'
import type { AuthFailureLog, ConnectionFilter } from '@gatepost/security-crowdsec'

import type { HttpClient } from './http-client.ts'
import { httpProtocol } from './http-protocol.ts'

export interface LiveStreamsOptions {
  readonly filter: Pick<ConnectionFilter, 'onChange' | 'usage'>
  readonly judge: Judge
  readonly security: Pick<AuthFailureLog, 'sessionCut'>
  readonly maxPerAccount: number
  readonly loginWatch: LoginWatch | undefined
}

export interface LiveStream {
  readonly client: HttpClient
  readonly login: BoundLogin
  readonly end: (reason: EndReason) => void
}

/** The event sources and WebSockets that are open: how many one principal has, and which of them a new decision ends. */
export class LiveStreams implements Disposable {
  readonly #options: LiveStreamsOptions
  readonly #open = new Set<LiveStream>()
  readonly #perPrincipal: Concurrency
  readonly #unsubscribe: () => void

  constructor(options: LiveStreamsOptions) {
    this.#options = options
    this.#perPrincipal = new Concurrency(options.maxPerAccount)
    this.#unsubscribe = options.filter.onChange(() => this.#judgeAgain())
  }

  /** Undefined: the principal has as many as may be. Otherwise the way to leave. */
  reserve({ principal }: Access): (() => void) | undefined {
    return this.#perPrincipal.enter(principal.id)
  }

  /** Answers what to call when the stream is over. */
  add(stream: LiveStream): () => void {
    this.#open.add(stream)
    const { client, login, end } = stream
    // The gate ends the connection of a client of its own.
    const forget = client.isProxied
      ? this.#options.loginWatch?.add({
          principal: login.access.principal.id,
          stamp: login.stamp,
          end: () => end({ kind: 'login' }),
        })
      : undefined
    return () => {
      this.#open.delete(stream)
      forget?.()
    }
  }

  [Symbol.dispose](): void {
    this.#unsubscribe()
  }

  /** A banned connection is the gate's to end; behind a proxy only we know whose stream it is. */
  #judgeAgain(): void {
    const { judge, security, filter } = this.#options
    for (const stream of this.#open) {
      const { client, login, end } = stream
      const user = login.access.principal.name
      if (!client.isProxied) continue
      const judgement = judge.session(client.connection.listener, client.address, user)
      if (!isEnding(judgement)) continue
      const { decision } = judgement
      this.#open.delete(stream)
      security.sessionCut(client.security, { decision, user })
      const { family } = client.address
      filter.usage.applied({ protocol: httpProtocol, family, action: 'cut', decision })
      end({ kind: 'decision', decision })
    }
  }
}
