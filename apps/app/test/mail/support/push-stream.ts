import { Agent, request, type Dispatcher } from 'undici'

/** Type to state, of one account. */
export type ChangedTypes = Readonly<Record<string, string>>

/** The reading end of an event source (RFC 8620 section 7.3). */
export class PushStream implements AsyncDisposable {
  /** Of its own: the server ends the connection with the stream, and nobody else's request must be on it. */
  readonly #agent: Agent
  readonly #body: Dispatcher.ResponseData['body']
  readonly #pieces: AsyncIterator<Buffer>
  #buffer = ''

  private constructor(agent: Agent, body: Dispatcher.ResponseData['body']) {
    this.#agent = agent
    this.#body = body
    this.#pieces = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  }

  static async open(url: string, headers: Readonly<Record<string, string>>): Promise<PushStream> {
    const agent = new Agent({ bodyTimeout: 0 })
    const { statusCode, body } = await request(url, { headers, dispatcher: agent })
    if (statusCode !== 200) throw new Error(`${statusCode} ${await body.text()}`)
    const stream = new PushStream(agent, body)
    await stream.#until(': listening')
    return stream
  }

  /** The changes of the next event. */
  async next(): Promise<ChangedTypes> {
    const event = await this.#until('event: state')
    const data = event
      .split('\n')
      .find((line) => line.startsWith('data: '))
      ?.slice(6)
    const { changed } = JSON.parse(data ?? '') as {
      changed: Readonly<Record<string, ChangedTypes>>
    }
    return Object.values(changed)[0] ?? {}
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#body.on('error', () => undefined)
    this.#body.destroy()
    await this.#agent.destroy()
  }

  /** The next event that begins so; others are passed over. */
  async #until(start: string): Promise<string> {
    for (;;) {
      const end = this.#buffer.indexOf('\n\n')
      if (end === -1) {
        const { value, done } = await this.#pieces.next()
        if (done === true) throw new Error('the event source ended')
        this.#buffer += value.toString('utf8')
        continue
      }
      const event = this.#buffer.slice(0, end)
      this.#buffer = this.#buffer.slice(end + 2)
      if (event.startsWith(start)) return event
    }
  }
}
