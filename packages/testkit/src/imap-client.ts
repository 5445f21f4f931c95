import { LineClient, type LineClientOptions } from './line-client.ts'

export interface ImapAnswer {
  /** Everything before the tagged line, without `+` lines; a literal follows its line after CRLF, one character for each byte. */
  readonly untagged: readonly string[]
  /** The tagged line without its tag: `OK [CODE] text`. */
  readonly status: string
}

/** A raw IMAP client: what it sends is what the test writes. */
export class ImapClient implements Disposable {
  readonly #lines: LineClient
  #tag = 0

  constructor(options: LineClientOptions) {
    this.#lines = new LineClient(options)
  }

  get lines(): LineClient {
    return this.#lines
  }

  send(text: string): void {
    this.#lines.send(Buffer.from(text, 'latin1'))
  }

  /** A response line with the literals in it; undefined when the server has closed. */
  async response(): Promise<string | undefined> {
    let line = await this.#lines.line('latin1')
    if (line === undefined) return undefined
    for (;;) {
      const size = /\{(\d+)\}$/.exec(line)?.[1]
      if (size === undefined) return line
      const bytes = await this.#lines.bytes(Number(size))
      line += `\r\n${bytes.toString('latin1')}${(await this.#lines.line('latin1')) ?? ''}`
    }
  }

  /** Sends a command; each part after the first is a literal's content and what comes after it, sent when the server says `+`. */
  async ask(command: string, ...literals: string[]): Promise<ImapAnswer> {
    const tag = this.start(command)
    return this.answer(tag, literals)
  }

  /** Sends a command without waiting; answers its tag. */
  start(command: string): string {
    this.#tag += 1
    const tag = `t${this.#tag}`
    this.send(`${tag} ${command}\r\n`)
    return tag
  }

  async answer(tag: string, literals: string[] = []): Promise<ImapAnswer> {
    const untagged: string[] = []
    for (;;) {
      const line = await this.response()
      if (line === undefined) throw new Error(`closed, after: ${untagged.join(' | ')}`)
      if (line.startsWith('+')) {
        const next = literals.shift()
        if (next === undefined) throw new Error(`unexpected ${line}`)
        this.send(`${next}\r\n`)
      } else if (line.startsWith(`${tag} `)) return { untagged, status: line.slice(tag.length + 1) }
      else untagged.push(line)
    }
  }

  /** Sends a command that has to end with OK. */
  async ok(command: string, ...literals: string[]): Promise<ImapAnswer> {
    const answer = await this.ask(command, ...literals)
    if (!answer.status.startsWith('OK')) throw new Error(`${command}: ${answer.status}`)
    return answer
  }

  [Symbol.dispose](): void {
    this.#lines[Symbol.dispose]()
  }
}
