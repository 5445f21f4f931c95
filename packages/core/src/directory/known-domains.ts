import type { ChangeFeed } from '../ports/change-feed.ts'
import type { Directory } from '../ports/directory.ts'

export interface KnownDomainsOptions {
  readonly directory: Pick<Directory, 'domains'>
  readonly changes: Pick<ChangeFeed, 'watch'>
  /** The list could not be read again: what was known stays. */
  readonly onError: (error: unknown) => void
}

/** The domains of the directory in memory, for those who cannot wait for an answer: whether a host is ours is judged before a request is read. */
export class KnownDomains implements Disposable {
  readonly #options: KnownDomainsOptions
  readonly #endWatch: () => void
  #names: ReadonlySet<string> = new Set()
  #isReading = false
  #isDue = false

  private constructor(options: KnownDomainsOptions) {
    this.#options = options
    this.#endWatch = options.changes.watch(({ kind }) => {
      if (kind !== 'account') void this.#readAgain()
    })
  }

  /** @throws MailError busy `store.busy` */
  static async open(options: KnownDomainsOptions): Promise<KnownDomains> {
    const known = new KnownDomains(options)
    try {
      await known.#read()
    } catch (error) {
      known[Symbol.dispose]()
      throw error
    }
    return known
  }

  /** Whether mail for it is taken here. Normalised (`normaliseDomain`). */
  has(name: string): boolean {
    return this.#names.has(name)
  }

  [Symbol.dispose](): void {
    this.#endWatch()
  }

  /** One at a time, and once more when something has changed meanwhile. */
  async #readAgain(): Promise<void> {
    this.#isDue = true
    if (this.#isReading) return
    this.#isReading = true
    while (this.#isDue) {
      this.#isDue = false
      try {
        await this.#read()
      } catch (error) {
        this.#options.onError(error)
      }
    }
    this.#isReading = false
  }

  async #read(): Promise<void> {
    this.#names = new Set((await this.#options.directory.domains()).map(({ name }) => name))
  }
}
