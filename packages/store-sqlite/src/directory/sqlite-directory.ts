import {
  type Account,
  type AccountId,
  type AccountName,
  type Alias,
  type Credential,
  type Directory,
  type DirectoryAdmin,
  isDomainRole,
  MailError,
  normaliseDomain,
  parseAddress,
  type Resolution,
  type Quota,
} from '@gatepost/core'
import { accountId, keyOf } from '@gatepost/store-model'

import type { Sql } from '../sql.ts'
import type { WriterAnswers, WriterJob } from '../writer/protocol.ts'
import type { WriterClient } from '../writer/writer-client.ts'
import { accountColumns, accountOf, type AccountRow } from './account-row.ts'

const maxResolved = 10_000

/** Look-ups read the database; where an address leads is remembered until somebody changes something. */
export class SqliteDirectory implements Directory, DirectoryAdmin {
  readonly #sql: Sql
  readonly #writer: WriterClient
  readonly #resolved = new Map<string, Resolution>()
  readonly #domains: ReadonlySet<string>

  constructor(sql: Sql, writer: WriterClient, localDomains: readonly string[]) {
    this.#sql = sql
    this.#writer = writer
    this.#domains = new Set(localDomains.map((domain) => normaliseDomain(domain) ?? domain))
  }

  isLocalDomain(domain: string): boolean {
    return this.#domains.has(normaliseDomain(domain) ?? domain)
  }

  resolve(address: string): Resolution {
    const known = this.#resolved.get(address)
    if (known !== undefined) return known
    const parsed = parseAddress(address)
    if (parsed === undefined || !this.isLocalDomain(parsed.domain)) return { kind: 'foreign' }
    const names = [parsed.address, `${parsed.base}@${parsed.domain}`, `@${parsed.domain}`]
    for (const name of names) {
      const accounts = this.#takers(name)
      if (accounts.length === 0) continue
      const resolution: Resolution = { kind: 'local', accounts }
      // Only what was found is kept: who guesses addresses fills nothing.
      if (this.#resolved.size >= maxResolved) this.#resolved.clear()
      this.#resolved.set(address, resolution)
      return resolution
    }
    return { kind: 'unknown' }
  }

  /** Somebody may have changed it. */
  forget(): void {
    this.#resolved.clear()
  }

  credential(login: string): Credential | undefined {
    const row = this.#sql.get<AccountRow & { password_hash: string }>(
      `SELECT ${accountColumns}, password_hash FROM account WHERE address = ?`,
      login,
    )
    return row === undefined
      ? undefined
      : { account: accountOf(row), passwordHash: row.password_hash }
  }

  namesWithLocalPart(local: string): readonly string[] {
    // A range of the index on the address: "A" comes next after "@".
    return this.#sql
      .all<{ address: string }>(
        'SELECT address FROM account WHERE address >= ? AND address < ? ORDER BY address LIMIT 2',
        `${local}@`,
        `${local}A`,
      )
      .map(({ address }) => address)
  }

  account(id: AccountId): Account | undefined {
    const row = this.#sql.get<AccountRow>(
      `SELECT ${accountColumns} FROM account WHERE id = ?`,
      keyOf('a', id),
    )
    return row === undefined ? undefined : accountOf(row)
  }

  firstAccount(): AccountName | undefined {
    const row = this.#sql.get<{ id: number; address: string }>(
      'SELECT id, address FROM account ORDER BY id LIMIT 1',
    )
    return row === undefined ? undefined : { id: accountId(row.id), address: row.address }
  }

  addressesOf(id: AccountId): readonly string[] {
    const account = this.account(id)
    if (account === undefined) return []
    const aliases = this.#aliasesOf(id).filter((address) => !address.startsWith('@'))
    return [account.address, ...aliases]
  }

  maySendAs(id: AccountId, address: string): boolean {
    const parsed = parseAddress(address)
    if (parsed === undefined) return false
    const resolution = this.resolve(parsed.address)
    if (resolution.kind !== 'local' || !resolution.accounts.some((taker) => taker.id === id))
      return false
    // Who writes as one of these speaks for the domain: that is given by name, not by a catch-all.
    if (!isDomainRole(parsed.base)) return true
    const own = this.addressesOf(id)
    return own.includes(parsed.address) || own.includes(`${parsed.base}@${parsed.domain}`)
  }

  listAccounts(): readonly Account[] {
    return this.#sql
      .all<AccountRow>(`SELECT ${accountColumns} FROM account ORDER BY address`)
      .map(accountOf)
  }

  async addAccount(address: string, passwordHash: string): Promise<Account> {
    return this.#change({
      kind: 'addAccount',
      address: this.#localAddress(address),
      passwordHash,
    })
  }

  async setPassword(address: string, passwordHash: string): Promise<void> {
    await this.#change({ kind: 'setPassword', address: normal(address), passwordHash })
  }

  async setQuota(address: string, quota: Quota): Promise<void> {
    await this.#change({ kind: 'setQuota', address: normal(address), quota })
  }

  async deleteAccount(address: string): Promise<void> {
    await this.#change({ kind: 'deleteAccount', address: normal(address) })
  }

  listAliases(): readonly Alias[] {
    return this.#sql
      .all<{ address: string; target: string }>(
        `SELECT l.address, a.address AS target FROM alias l JOIN account a ON a.id = l.account_id ORDER BY 1, 2`,
      )
      .map(({ address, target }) => ({ address, target }))
  }

  async addAlias(alias: Alias): Promise<void> {
    const address = this.#localAddress(alias.address)
    await this.#change({ kind: 'addAlias', alias: { address, target: normal(alias.target) } })
  }

  async deleteAlias(address: string): Promise<void> {
    await this.#change({ kind: 'deleteAlias', address: normal(address) })
  }

  #takers(address: string): AccountName[] {
    return this.#sql
      .all<{ id: number; address: string }>(
        `SELECT id, address FROM account WHERE address = ?1
           OR id IN (SELECT account_id FROM alias WHERE alias.address = ?1) ORDER BY id`,
        address,
      )
      .map((row) => ({ id: accountId(row.id), address: row.address }))
  }

  /** What was resolved before is forgotten once the change is on disk. */
  async #change<Kind extends WriterJob['kind']>(
    job: Extract<WriterJob, { kind: Kind }>,
  ): Promise<WriterAnswers[Kind]> {
    try {
      return await this.#writer.run(job)
    } finally {
      this.forget()
    }
  }

  #aliasesOf(id: AccountId): string[] {
    return this.#sql
      .all<{ address: string }>(
        'SELECT address FROM alias WHERE account_id = ? ORDER BY address',
        keyOf('a', id),
      )
      .map((row) => row.address)
  }

  /** @throws MailError invalid `address.invalid`, `domain.notLocal` */
  #localAddress(text: string): string {
    const address = normal(text)
    const domain = address.slice(address.lastIndexOf('@') + 1)
    if (!this.isLocalDomain(domain))
      throw new MailError('invalid', 'domain.notLocal', `${domain} is not a domain of this server`)
    return address
  }
}

/** Also of a catch-all, `@domain`. @throws MailError invalid `address.invalid` */
function normal(text: string): string {
  const domain = text.startsWith('@') ? normaliseDomain(text.slice(1)) : undefined
  const address = domain === undefined ? parseAddress(text)?.address : `@${domain}`
  if (address === undefined)
    throw new MailError('invalid', 'address.invalid', `${JSON.stringify(text)} is no address`)
  return address
}
