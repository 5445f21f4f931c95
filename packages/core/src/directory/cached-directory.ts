import type { AccountId, CredentialId, PrincipalId } from '../ids.ts'
import type { LoginRecord, ScramSecret } from '../model/credential.ts'
import type { ChangeFeed } from '../ports/change-feed.ts'
import type { Account, AccountName, Directory, Domain, Resolution } from '../ports/directory.ts'
import type { TokenLogin } from '../ports/principals.ts'
import { HotAnswers } from './hot-answers.ts'

const maxAnswers = 10_000
/** An address that leads to more is looked up each time: with every +detail of it kept, the lists would be all of the memory. */
const maxAccounts = 8

/**
 * A directory whose hot answers come from memory, until the change feed says that they may be others. Only what was found is kept, so that who guesses
 * addresses fills nothing. Never kept is what changes with every message (`accounts`), and what a login is checked against, which stops to count at once (`login`).
 */
export class CachedDirectory implements Directory, Disposable {
  readonly #directory: Directory
  readonly #domains = new HotAnswers<boolean>(maxAnswers)
  readonly #resolutions = new HotAnswers<Resolution>(maxAnswers)
  readonly #senders = new HotAnswers<true>(maxAnswers)
  readonly #endWatch: () => void
  #withoutScramKeys: number | undefined
  #generation = 0

  constructor(directory: Directory, changes: Pick<ChangeFeed, 'watch'>) {
    this.#directory = directory
    this.#endWatch = changes.watch(({ kind }) => {
      // Of an account only what is never kept changes.
      if (kind !== 'account') this.#forget()
    })
  }

  async isLocalDomain(domain: string): Promise<boolean> {
    const known = this.#domains.get(domain)
    if (known !== undefined) return known
    return this.#ask(
      () => this.#directory.isLocalDomain(domain),
      (isLocal) => this.#domains.keep(domain, isLocal),
    )
  }

  domains(): Promise<readonly Domain[]> {
    return this.#directory.domains()
  }

  resolve(addresses: readonly string[]): Promise<ReadonlyMap<string, Resolution>> {
    return this.#fromMemory(addresses, (address) => this.#resolutions.get(address), {
      ask: (unknown) => this.#directory.resolve(unknown),
      keep: (address, resolution) => {
        if (resolution.kind === 'local' && resolution.accounts.length <= maxAccounts)
          this.#resolutions.keep(address, resolution)
      },
    })
  }

  async maySendAs(id: AccountId, addresses: readonly string[]): Promise<ReadonlySet<string>> {
    const keyOf = (address: string): string => `${id} ${address}`
    const own = await this.#fromMemory(addresses, (address) => this.#senders.get(keyOf(address)), {
      ask: async (unknown) => {
        const found = await this.#directory.maySendAs(id, unknown)
        return new Map([...found].map((address) => [address, true]))
      },
      keep: (address) => this.#senders.keep(keyOf(address), true),
    })
    return new Set(own.keys())
  }

  login(name: string): Promise<LoginRecord | undefined> {
    return this.#directory.login(name)
  }

  loginOfToken(hash: string): Promise<TokenLogin | undefined> {
    return this.#directory.loginOfToken(hash)
  }

  async withoutScramKeys(): Promise<number> {
    return (
      this.#withoutScramKeys ??
      (await this.#ask(
        () => this.#directory.withoutScramKeys(),
        (count) => {
          this.#withoutScramKeys = count
        },
      ))
    )
  }

  noteUse(credential: CredentialId, at: number): Promise<void> {
    return this.#directory.noteUse(credential, at)
  }

  addScramKeys(
    principal: PrincipalId,
    credential: CredentialId,
    scram: ScramSecret,
  ): Promise<void> {
    return this.#directory.addScramKeys(principal, credential, scram)
  }

  loginStamps(ids: readonly PrincipalId[]): Promise<ReadonlyMap<PrincipalId, ReadonlySet<string>>> {
    return this.#directory.loginStamps(ids)
  }

  namesWithLocalPart(local: string): Promise<readonly string[]> {
    return this.#directory.namesWithLocalPart(local)
  }

  accounts(ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, Account>> {
    return this.#directory.accounts(ids)
  }

  firstAccount(): Promise<AccountName | undefined> {
    return this.#directory.firstAccount()
  }

  addressesOf(id: AccountId): Promise<readonly string[]> {
    return this.#directory.addressesOf(id)
  }

  [Symbol.dispose](): void {
    this.#endWatch()
    this.#forget()
  }

  #forget(): void {
    this.#generation += 1
    this.#withoutScramKeys = undefined
    for (const kept of [this.#domains, this.#resolutions, this.#senders]) kept.clear()
  }

  /** An answer that was on its way while something changed may be the old one: it is given, and not kept. */
  async #ask<T>(ask: () => Promise<T>, keep: (answer: T) => void): Promise<T> {
    const generation = this.#generation
    const answer = await ask()
    if (generation === this.#generation) keep(answer)
    return answer
  }

  /** What is known, and the rest by one question. In the order asked. */
  async #fromMemory<V>(
    keys: readonly string[],
    recall: (key: string) => V | undefined,
    source: {
      readonly ask: (unknown: readonly string[]) => Promise<ReadonlyMap<string, V>>
      readonly keep: (key: string, value: V) => void
    },
  ): Promise<ReadonlyMap<string, V>> {
    const known = new Map<string, V>()
    for (const key of keys) {
      const value = recall(key)
      if (value !== undefined) known.set(key, value)
    }
    const unknown = keys.filter((key) => !known.has(key))
    if (unknown.length === 0) return known
    const asked = await this.#ask(
      () => source.ask(unknown),
      (answer) => {
        for (const [key, value] of answer) source.keep(key, value)
      },
    )
    const all = new Map<string, V>()
    for (const key of keys) {
      const value = known.get(key) ?? asked.get(key)
      if (value !== undefined) all.set(key, value)
    }
    return all
  }
}
