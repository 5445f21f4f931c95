import type { Access, ChangeFeed } from '@gatepost/core'
import { farewellWords, type EndReason } from '@gatepost/gate'
import {
  plainProblem,
  ProblemError,
  tooMuchAtOnce,
  type HttpClient,
  closeCode,
  SocketChannel,
  type SocketChannelOptions,
  type Turn,
} from '@gatepost/http'
import type { AuthFailureLog, JmapAbuseKind } from '@gatepost/security-crowdsec'

import { servedAccounts } from '../account-access.ts'
import type { RequestBudget } from '../budget/request-budget.ts'
import { readJson } from '../json/read-json.ts'
import { writeJson } from '../json/write-json.ts'
import { limitError } from '../protocol/problem.ts'
import { readSocketMessage, type SocketMessage } from '../protocol/socket-message.ts'
import { answerRequest } from './answer-request.ts'
import type { RouteParts } from './api-routes.ts'
import { SocketPush } from './socket-push.ts'

export interface SocketSessionOptions {
  readonly parts: Pick<
    RouteParts,
    'http' | 'services' | 'methods' | 'outgoing' | 'running' | 'budgetOf' | 'answers'
  >
  readonly changes: Pick<ChangeFeed, 'subscribe' | 'watch'>
  readonly security: Pick<AuthFailureLog, 'jmapAbuse' | 'slowClient'>
  readonly client: HttpClient
  readonly access: Access
  readonly transport: Pick<SocketChannelOptions, 'webSocket' | 'stream' | 'onClose'>
}

/** JMAP over one WebSocket (RFC 8887): one message after the other, and no more is read than can be answered. */
export class SocketSession {
  readonly #options: SocketSessionOptions
  readonly #channel: SocketChannel
  readonly #push: SocketPush
  readonly #waiting: Buffer[] = []
  readonly #gone = new AbortController()
  #isRunning = false
  /** It ends when what runs is answered. */
  #farewell: EndReason | undefined

  constructor(options: SocketSessionOptions) {
    this.#options = options
    const { client, security, transport, access, changes } = options
    const { http, services } = options.parts
    const { clock, limits, store, directory, logger } = services
    this.#channel = new SocketChannel({
      ...transport,
      clock,
      pingMs: limits.webSocketPingMs,
      messageMs: http.limits.requestTimeoutMs,
      stallMs: http.limits.unreadAnswerMs,
      onMessage: (bytes) => this.#receive(bytes),
      onBadFrame: (code) => this.#reportBadFrame(code),
      onSlowMessage: () => security.slowClient(client.security, { kind: 'request' }),
      onClose: () => {
        this.#push.end()
        this.#gone.abort()
        transport.onClose()
      },
    })
    this.#push = new SocketPush({
      accounts: servedAccounts(access),
      store,
      changes,
      directory,
      delayMs: limits.pushDelayMs,
      addressesDelayMs: limits.addressesDelayMs,
      channel: this.#channel,
      onFailure: (error) => logger.error({ err: error }, 'JMAP push failed'),
    })
  }

  /** A request that writes finishes what it began, and a shutdown lets its answer out. */
  end(reason: EndReason): void {
    if (reason.kind === 'decision') {
      this.#channel.cut(closeCode.policy, 'You are blocked')
      return
    }
    this.#farewell = reason
    this.#push.end()
    if (!this.#isRunning) this.#sayGoodBye(reason)
  }

  #sayGoodBye(reason: EndReason): void {
    if (reason.kind === 'shutdown')
      this.#channel.close(closeCode.goingAway, 'The server is going down')
    else this.#channel.close(closeCode.policy, farewellWords(reason))
  }

  #receive(bytes: Buffer): void {
    if (this.#farewell !== undefined) return
    if (this.#waiting.length >= this.#options.parts.services.limits.maxPipelined) {
      this.#report('limit', 'maxConcurrentRequests')
      this.#channel.cut(closeCode.policy, 'Too many requests at once')
      return
    }
    this.#waiting.push(bytes)
    if (!this.#isRunning) void this.#run()
  }

  async #run(): Promise<void> {
    this.#isRunning = true
    this.#channel.pause()
    for (;;) {
      const bytes = this.#waiting.shift()
      if (bytes === undefined || this.#channel.isClosing) break
      await this.#answer(bytes)
      if (this.#farewell !== undefined) break
    }
    this.#isRunning = false
    if (this.#farewell !== undefined) this.#sayGoodBye(this.#farewell)
    else if (!this.#channel.isClosing) this.#channel.resume()
    // What changed while an answer was on its way.
    this.#push.wake()
  }

  async #answer(bytes: Buffer): Promise<void> {
    const { parts, access } = this.#options
    // Before it is read: what waits is no more than its bytes.
    const visit = parts.running.enter(access.principal.id)
    const leave = (): void => visit.leave()
    this.#gone.signal.addEventListener('abort', leave)
    const turn = await visit.turn
    this.#gone.signal.removeEventListener('abort', leave)
    const share = parts.answers.enter(access.account.id)
    const budget = parts.budgetOf(access, share)
    let id: string | undefined
    try {
      const message = readSocketMessage(await readJson(bytes, parts.services.limits, budget))
      if ('id' in message) id = message.id
      await this.#carryOut(message, turn, budget)
    } catch (error) {
      const problem = this.#problemOf(error)
      // RFC 8887 section 4.3.4
      await this.#channel.send({ '@type': 'RequestError', requestId: id ?? null, ...problem })
    } finally {
      budget.end()
      share.leave()
      visit.leave()
    }
  }

  /** @throws ProblemError */
  async #carryOut(message: SocketMessage, turn: Turn, budget: RequestBudget): Promise<void> {
    if (this.#gone.signal.aborted) return
    const { parts, client, access } = this.#options
    parts.http.admission.admitAgain(client, access.principal.name)
    switch (message.kind) {
      case 'invalid':
        throw message.problem
      case 'pushDisable':
        this.#push.disable()
        return
      case 'pushEnable':
        await this.#push.enable(message)
        return
      case 'request':
        if (turn === 'full') throw limitError('maxConcurrentRequests')
        if (turn !== 'inside') throw tooMuchAtOnce()
        await this.#respond(message, budget)
    }
  }

  async #respond(
    { id, request }: Extract<SocketMessage, { kind: 'request' }>,
    budget: RequestBudget,
  ): Promise<void> {
    const { parts, client, access } = this.#options
    const { services, methods } = parts
    const outgoing = parts.outgoing(client, access)
    const response = await answerRequest(request, {
      services,
      methods,
      access,
      outgoing,
      budget,
      gone: this.#gone.signal,
    })
    // RFC 8887 section 4.3.3
    const requestId = id === undefined ? {} : { requestId: id }
    const message = { '@type': 'Response', ...requestId, ...response }
    const pieces = await writeJson(message, budget)
    budget.end()
    await this.#channel.sendPieces(pieces)
  }

  #problemOf(error: unknown): object {
    if (!(error instanceof ProblemError)) {
      this.#options.parts.services.logger.error({ err: error }, 'JMAP request failed')
      return plainProblem(500, 'Something broke on our side').problem
    }
    if (error.abuse !== undefined) this.#report(error.abuse.kind, error.abuse.detail)
    return error.problem
  }

  #reportBadFrame(code: string): void {
    if (code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') this.#report('limit', 'maxSizeRequest')
    else this.#report('malformed', code)
  }

  #report(kind: JmapAbuseKind, detail: string): void {
    this.#options.security.jmapAbuse(this.#options.client.security, { kind, detail })
  }
}
