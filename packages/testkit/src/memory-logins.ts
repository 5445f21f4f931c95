import type {
  Credential,
  CredentialId,
  LoginRecord,
  PrincipalId,
  ScramSecret,
} from '@gatepost/core'

/** What a directory knows of logins, in memory: records may be put and changed by a test. */
export class MemoryLogins {
  readonly used: string[] = []
  readonly #records = new Map<string, LoginRecord>()
  #waiting: (() => void)[] = []

  constructor(records: readonly LoginRecord[] = []) {
    for (const record of records) this.put(record)
  }

  put(record: LoginRecord): void {
    this.#records.set(record.access.principal.name, record)
    for (const resolve of this.#waiting.splice(0)) resolve()
  }

  /** Resolves with the next change of a record. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  async login(name: string): Promise<LoginRecord | undefined> {
    return this.#records.get(name)
  }

  async loginOfToken(
    hash: string,
  ): Promise<{ readonly record: LoginRecord; readonly credential: Credential } | undefined> {
    for (const record of this.#records.values()) {
      const credential = record.credentials.find((one) => one.hash === hash)
      if (credential?.kind === 'app_password') return { record, credential }
    }
    return undefined
  }

  async namesWithLocalPart(local: string): Promise<readonly string[]> {
    return [...this.#records.keys()].filter((name) => name.startsWith(`${local}@`)).slice(0, 2)
  }

  async noteUse(credential: CredentialId): Promise<void> {
    this.used.push(credential)
  }

  async addScramKeys(
    principal: PrincipalId,
    credential: CredentialId,
    scram: ScramSecret,
  ): Promise<void> {
    for (const record of this.#records.values())
      if (record.access.principal.id === principal) this.put(withKeys(record, credential, scram))
  }

  async withoutScramKeys(): Promise<number> {
    return [...this.#records.values()].filter(({ credentials }) =>
      credentials.some(({ scram }) => scram === undefined),
    ).length
  }
}

function withKeys(
  record: LoginRecord,
  credential: CredentialId,
  { parameters, keys }: ScramSecret,
): LoginRecord {
  return {
    ...record,
    scram: parameters,
    credentials: record.credentials.map((one) =>
      one.id === credential ? { ...one, scram: keys } : one,
    ),
  }
}
