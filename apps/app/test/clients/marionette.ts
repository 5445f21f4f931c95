import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

interface Pending {
  readonly resolve: (value: unknown) => void
  readonly reject: (error: Error) => void
}

/** Mozilla programs driven over Marionette, protocol 3: JSON messages, each after its length in octets and a colon. Disposing it closes the connection. */
export class Marionette implements Disposable {
  readonly #socket: Socket
  readonly #pending = new Map<number, Pending>()
  #received = Buffer.alloc(0)
  #lastId = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk) => this.#take(chunk))
    socket.on('error', (error) => this.#fail(error))
    socket.on('close', () => this.#fail(new Error('Marionette closed the connection')))
  }

  /** A session whose scripts have the program's own privileges. @throws Error when the program refuses it */
  static async open(port: number): Promise<Marionette> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    const marionette = new Marionette(socket)
    await marionette.command('WebDriver:NewSession')
    await marionette.command('WebDriver:SetTimeouts', { script: 30_000 })
    await marionette.command('Marionette:SetContext', { value: 'chrome' })
    return marionette
  }

  /** @throws Error with the program's answer when the command fails */
  command(name: string, parameters: object = {}): Promise<unknown> {
    if (this.#socket.destroyed) return Promise.reject(new Error('Marionette is closed'))
    this.#lastId += 1
    const id = this.#lastId
    const message = JSON.stringify([0, id, name, parameters])
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { resolve, reject })
    })
    this.#socket.write(`${Buffer.byteLength(message)}:${message}`)
    return answer
  }

  /** Runs the body of an async function that takes `args`; answers what it returns, a JSON value. @throws Error for what it throws */
  async run(body: string, ...args: readonly unknown[]): Promise<unknown> {
    const script = `return (async (...args) => { ${body} })(...arguments)`
    const answer = await this.command('WebDriver:ExecuteScript', { script, args })
    return (answer as { value: unknown }).value
  }

  [Symbol.dispose](): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk])
    for (;;) {
      const colon = this.#received.indexOf(':')
      const end = colon + 1 + Number(this.#received.toString('latin1', 0, Math.max(colon, 0)))
      if (colon === -1 || this.#received.length < end) return
      const message: unknown = JSON.parse(this.#received.toString('utf8', colon + 1, end))
      this.#received = this.#received.subarray(end)
      // The greeting is an object.
      if (Array.isArray(message)) this.#settle(message)
    }
  }

  #settle([, id, error, result]: readonly unknown[]): void {
    const pending = this.#pending.get(Number(id))
    this.#pending.delete(Number(id))
    if (error === null) pending?.resolve(result)
    else pending?.reject(new Error(JSON.stringify(error)))
  }

  #fail(error: Error): void {
    for (const { reject } of this.#pending.values()) reject(error)
    this.#pending.clear()
  }
}
