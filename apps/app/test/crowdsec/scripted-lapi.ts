import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type LapiAnswer = (request: IncomingMessage, response: ServerResponse) => void

export const ban = {
  id: 1,
  origin: 'crowdsec',
  scenario: 'gatepost/mail-bf',
  scope: 'Ip',
  type: 'ban',
  value: '127.0.0.66',
  duration: '4h',
}

export function listing(...decisions: readonly object[]): LapiAnswer {
  return (_request, response) => response.end(JSON.stringify({ new: decisions, deleted: [] }))
}

/** What a Local API may do instead of answering. */
export const faults: Readonly<Record<string, LapiAnswer>> = {
  'answers 403': status(403),
  'answers 500': status(500),
  'does not answer': () => undefined,
  'answers a byte now and then': (_request, response) => {
    const timer = setInterval(() => response.write(' '), 20)
    response.once('close', () => clearInterval(timer))
  },
  'resets every connection': (request) => request.socket.resetAndDestroy(),
}

function status(code: number): LapiAnswer {
  return (_request, response) => response.writeHead(code).end('{"message":"access forbidden"}')
}

/** CrowdSec's Local API, as a test wants it. */
export class ScriptedLapi implements AsyncDisposable {
  answer: LapiAnswer = listing(ban)
  readonly #server: Server
  #waiting: (() => void)[] = []

  private constructor() {
    this.#server = createServer((request, response) => {
      this.answer(request, response)
      response.once('close', () => {
        for (const resolve of this.#waiting.splice(0)) resolve()
      })
    })
  }

  /** 0: a port of the system's choice. */
  static async listen(port = 0): Promise<ScriptedLapi> {
    const lapi = new ScriptedLapi()
    lapi.#server.listen(port, '127.0.0.1')
    await once(lapi.#server, 'listening')
    return lapi
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Resolves when a request has come, answered or not. */
  async asked(): Promise<void> {
    await once(this.#server, 'request')
  }

  /** Resolves when a poll is over and `isSeen` says so. */
  async until(isSeen: () => boolean): Promise<void> {
    while (!isSeen()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }
}
