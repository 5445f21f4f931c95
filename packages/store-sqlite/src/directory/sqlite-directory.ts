import { setImmediate as nextTurn } from 'node:timers/promises'

import {
  type AccessGrant,
  type Account,
  type AccountId,
  type AccountName,
  type Alias,
  type CredentialId,
  type Directory,
  type DirectoryAdmin,
  type Domain,
  type EmailAddress,
  isDomainRole,
  MailError,
  normaliseDomain,
  parseAddress,
  type LoginRecord,
  type NewAppPassword,
  type NewPassword,
  type PrincipalId,
  type Resolution,
  type Role,
  type ScramSecret,
  type TokenLogin,
  type Quota,
} from '@gatepost/core'
import { accountId, keyOf } from '@gatepost/store-model'

import type { Sql } from '../sql.ts'
import type { WriterClient } from '../writer/writer-client.ts'
import { accountColumns, accountOf, type AccountRow } from './account-row.ts'
import { PrincipalReader } from './principal-reader.ts'

/** Looked up in one turn of the event loop: a few milliseconds. */
const perTurn = 100

/** Look-ups on the calling thread, changes by the writer. */
export class SqliteDirectory implements Directory, DirectoryAdmin {
  readonly #sql: Sql
  readonly #writer: WriterClient
  readonly #principals: PrincipalReader

  constructor(sql: Sql, writer: WriterClient) {
    this.#sql = sql
    this.#writer = writer
    this.#principals = new PrincipalReader(sql)
  }

  async isLocalDomain(domain: string): Promise<boolean> {
    return this.#isLocal(domain)
  }

  async domains(): Promise<readonly Domain[]> {
    return this.#sql
      .all<{ name: string; created_at: number }>(
        'SELECT name, created_at FROM domain ORDER BY name',
      )
      .map(({ name, created_at: createdAt }) => ({ name, createdAt }))
  }

  async resolve(addresses: readonly string[]): Promise<ReadonlyMap<string, Resolution>> {
    const resolutions = new Map<string, Resolution>()
    for (const [at, address] of addresses.entries()) {
      if (at > 0 && at % perTurn === 0) await nextTurn()
      resolutions.set(address, this.#resolve(parseAddress(address)))
    }
    return resolutions
  }

  async login(name: string): Promise<LoginRecord | undefined> {
    return this.#principals.login(name)
  }

  async loginOfToken(hash: string): Promise<TokenLogin | undefined> {
    return this.#principals.loginOfToken(hash)
  }

  async loginStamps(
    ids: readonly PrincipalId[],
  ): Promise<ReadonlyMap<PrincipalId, ReadonlySet<string>>> {
    return this.#principals.loginStamps(ids)
  }

  async namesWithLocalPart(local: string): Promise<readonly string[]> {
    return this.#principals.namesWithLocalPart(local)
  }

  async withoutScramKeys(): Promise<number> {
    return this.#principals.withoutScramKeys()
  }

  async noteUse(credential: CredentialId, at: number): Promise<void> {
    if (this.#principals.isUseNews(credential, at))
      await this.#writer.run({ kind: 'noteUse', credential: keyOf('c', credential), at })
  }

  async addScramKeys(
    principal: PrincipalId,
    credential: CredentialId,
    scram: ScramSecret,
  ): Promise<void> {
    await this.#writer.run({
      kind: 'addScramKeys',
      principal: keyOf('p', principal),
      credential: keyOf('c', credential),
      scram,
    })
  }

  async accounts(ids: readonly AccountId[]): Promise<ReadonlyMap<AccountId, Account>> {
    const accounts = new Map<AccountId, Account>()
    for (const [at, id] of ids.entries()) {
      if (at > 0 && at % perTurn === 0) await nextTurn()
      const row = this.#sql.get<AccountRow>(
        `SELECT ${accountColumns} FROM account WHERE id = ?`,
        keyOf('a', id),
      )
      if (row !== undefined) accounts.set(id, accountOf(row))
    }
    return accounts
  }

  async firstAccount(): Promise<AccountName | undefined> {
    const row = this.#sql.get<NameRow>('SELECT id, address FROM account ORDER BY id LIMIT 1')
    return row === undefined ? undefined : nameOf(row)
  }

  async addressesOf(id: AccountId): Promise<readonly string[]> {
    return this.#addressesOf(id)
  }

  async maySendAs(id: AccountId, addresses: readonly string[]): Promise<ReadonlySet<string>> {
    const own = new Set<string>()
    for (const [at, address] of addresses.entries()) {
      if (at > 0 && at % perTurn === 0) await nextTurn()
      if (this.#maySendAs(id, address)) own.add(address)
    }
    return own
  }

  async listAccounts(): Promise<readonly Account[]> {
    return this.#sql
      .all<AccountRow>(`SELECT ${accountColumns} FROM account ORDER BY address`)
      .map(accountOf)
  }

  async addDomain(name: string): Promise<void> {
    await this.#writer.run({ kind: 'addDomain', name: domainNamed(name) })
  }

  async deleteDomain(name: string): Promise<void> {
    await this.#writer.run({ kind: 'deleteDomain', name: domainNamed(name) })
  }

  async addAccount(address: string, password: NewPassword): Promise<Account> {
    return this.#writer.run({
      kind: 'addAccount',
      address: normal(address),
      password,
    })
  }

  async setPassword(name: string, password: NewPassword): Promise<void> {
    await this.#writer.run({ kind: 'setPassword', name: normal(name), password })
  }

  async addAppPassword(name: string, password: NewAppPassword): Promise<void> {
    await this.#writer.run({ kind: 'addAppPassword', name: normal(name), password })
  }

  async deleteAppPassword(name: string, appPassword: string): Promise<void> {
    await this.#writer.run({ kind: 'deleteAppPassword', name: normal(name), appPassword })
  }

  async setRoles(name: string, roles: readonly Role[]): Promise<void> {
    await this.#writer.run({ kind: 'setRoles', name: normal(name), roles })
  }

  async setAccess(grant: AccessGrant): Promise<void> {
    const { account, principal } = grant
    await this.#writer.run({
      kind: 'setAccess',
      grant: { ...grant, account: normal(account), principal: normal(principal) },
    })
  }

  async listAccess(account: string): Promise<readonly AccessGrant[]> {
    return this.#principals.grantsOn(normal(account))
  }

  async setQuota(address: string, quota: Quota): Promise<void> {
    await this.#writer.run({ kind: 'setQuota', address: normal(address), quota })
  }

  async deleteAccount(address: string): Promise<void> {
    await this.#writer.run({ kind: 'deleteAccount', address: normal(address) })
  }

  async listAliases(): Promise<readonly Alias[]> {
    return this.#sql
      .all<{ address: string; target: string }>(
        `SELECT l.address, a.address AS target FROM alias l JOIN account a ON a.id = l.account_id ORDER BY 1, 2`,
      )
      .map(({ address, target }) => ({ address, target }))
  }

  async addAlias(alias: Alias): Promise<void> {
    const address = normal(alias.address)
    await this.#writer.run({ kind: 'addAlias', alias: { address, target: normal(alias.target) } })
  }

  async deleteAlias(address: string): Promise<void> {
    await this.#writer.run({ kind: 'deleteAlias', address: normal(address) })
  }

  #isLocal(domain: string): boolean {
    const name = normaliseDomain(domain)
    return (
      name !== undefined && this.#sql.get('SELECT 1 FROM domain WHERE name = ?', name) !== undefined
    )
  }

  #resolve(parsed: EmailAddress | undefined): Resolution {
    if (parsed === undefined || !this.#isLocal(parsed.domain)) return { kind: 'foreign' }
    const names = [parsed.address, `${parsed.base}@${parsed.domain}`, `@${parsed.domain}`]
    for (const name of names) {
      const accounts = this.#takers(name)
      if (accounts.length > 0) return { kind: 'local', accounts }
    }
    return { kind: 'unknown' }
  }

  #takers(address: string): AccountName[] {
    return this.#sql
      .all<NameRow>(
        `SELECT id, address FROM account WHERE address = ?1
           OR id IN (SELECT account_id FROM alias WHERE alias.address = ?1) ORDER BY id`,
        address,
      )
      .map(nameOf)
  }

  #maySendAs(id: AccountId, address: string): boolean {
    const parsed = parseAddress(address)
    if (parsed === undefined) return false
    const resolution = this.#resolve(parsed)
    if (resolution.kind !== 'local' || !resolution.accounts.some((taker) => taker.id === id))
      return false
    // Who writes as one of these speaks for the domain: that is given by name, not by a catch-all.
    if (!isDomainRole(parsed.base)) return true
    const own = this.#addressesOf(id)
    return own.includes(parsed.address) || own.includes(`${parsed.base}@${parsed.domain}`)
  }

  /** The primary address first. */
  #addressesOf(id: AccountId): string[] {
    return this.#sql
      .all<{ address: string }>(
        `SELECT address FROM (
           SELECT 0 AS rank, address FROM account WHERE id = ?1
           UNION ALL SELECT 1, l.address FROM alias l JOIN account a ON a.id = l.account_id
             WHERE l.account_id = ?1 AND l.address NOT LIKE '@%')
         ORDER BY rank, address`,
        keyOf('a', id),
      )
      .map(({ address }) => address)
  }
}

interface NameRow {
  readonly id: number
  readonly address: string
}

function nameOf({ id, address }: NameRow): AccountName {
  return { id: accountId(id), address }
}

/** @throws MailError invalid `domain.invalid` */
function domainNamed(text: string): string {
  const name = normaliseDomain(text)
  if (name === undefined)
    throw new MailError('invalid', 'domain.invalid', `${JSON.stringify(text)} is no domain`)
  return name
}

/** Also of a catch-all, `@domain`. @throws MailError invalid `address.invalid` */
function normal(text: string): string {
  const domain = text.startsWith('@') ? normaliseDomain(text.slice(1)) : undefined
  const address = domain === undefined ? parseAddress(text)?.address : `@${domain}`
  if (address === undefined)
    throw new MailError('invalid', 'address.invalid', `${JSON.stringify(text)} is no address`)
  return address
}
