import { chownSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { watch } from 'node:fs/promises'
import { join } from 'node:path'

/** A Maildir that another program delivers to. */
export class Maildir {
  readonly #new: string

  private constructor(path: string) {
    this.#new = join(path, 'new')
  }

  /** An empty one that belongs to this user and group. */
  static make(path: string, owner: number): Maildir {
    for (const folder of ['', 'new', 'cur', 'tmp']) {
      mkdirSync(join(path, folder))
      chownSync(join(path, folder), owner, owner)
    }
    return new Maildir(path)
  }

  /** The first message that has this text in it, as soon as it is there; with CR LF as over SMTP, one character for each octet. */
  async first(text: string): Promise<string> {
    const abort = new AbortController()
    try {
      const changes = watch(this.#new, { signal: abort.signal })
      // Watching begins with the first call.
      for (let next = changes.next(); ; next = changes.next()) {
        // Rejected at the end.
        next.catch(() => undefined)
        const found = this.#messages().find((message) => message.includes(text))
        if (found !== undefined) return found.replaceAll('\n', '\r\n')
        await next
      }
    } finally {
      abort.abort()
    }
  }

  #messages(): string[] {
    return readdirSync(this.#new).map((name) => readFileSync(join(this.#new, name), 'latin1'))
  }
}
