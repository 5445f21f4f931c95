import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

const longestText = 100

/** Stands between a server and its Local API, and knows when a text has gone through in an answer. */
export class LapiTap implements AsyncDisposable {
  readonly #target: number
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #waiting = new Map<string, (at: number) => void>()

  private constructor(target: number) {
    this.#target = target
    this.#server = createServer((socket) => this.#pass(socket))
  }

  /** `target`: URL of the Local API. */
  static async listen(target: string): Promise<LapiTap> {
    const tap = new LapiTap(Number(new URL(target).port))
    tap.#server.listen(0, '127.0.0.1')
    await once(tap.#server, 'listening')
    return tap
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** When the first answer with the text in it is handed on, by performance.now(). Of at most 100 characters. */
  saw(text: string): Promise<number> {
    return new Promise((resolve) => this.#waiting.set(text, resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #pass(client: Socket): void {
    const lapi = connect(this.#target, '127.0.0.1')
    for (const [one, other] of [
      [client, lapi],
      [lapi, client],
    ] as const) {
      this.#sockets.add(one)
      one.setNoDelay(true)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
      one.pipe(other)
    }
    let tail = ''
    lapi.on('data', (data: Buffer) => {
      const heard = tail + data.toString('latin1')
      this.#look(heard)
      tail = heard.slice(-longestText)
    })
  }

  #look(heard: string): void {
    for (const [text, resolve] of this.#waiting) {
      if (!heard.includes(text)) continue
      this.#waiting.delete(text)
      resolve(performance.now())
    }
  }
}
