import {
  type Access,
  type AccessGrant,
  type AccountAccess,
  type AccountName,
  type Credential,
  type CredentialId,
  type LoginProtocol,
  type LoginRecord,
  loginStamp,
  type MailboxId,
  type PrincipalId,
  readRights,
  type Rights,
  type Role,
  type ScramParameters,
  type TokenLogin,
} from '@gatepost/core'
import { accountId, credentialId, keyOf, mailboxId, principalId } from '@gatepost/store-model'

import type { Sql } from '../sql.ts'

interface PrincipalRow {
  readonly id: number
  readonly name: string
  readonly roles: string
  readonly scram_salt: string | null
  readonly scram_iterations: number | null
  readonly narrowed: number
  readonly account_id: number
  readonly address: string
}
interface CredentialRow {
  readonly id: number
  readonly kind: Credential['kind']
  readonly name: string
  readonly hash: string
  readonly protocols: string
  readonly scram_stored_key: string | null
  readonly scram_server_key: string | null
  readonly created_at: number
  readonly last_used_at: number | null
}
interface SharedRow {
  readonly account_id: number
  readonly mailbox_id: number
  readonly rights: string
  readonly address: string
}

const usePrecisionMs = 3_600_000
/** What is asked is whether there are any. */
const maxKeyless = 1_000

/** What the database says of those who log in. */
export class PrincipalReader {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
  }

  login(name: string): LoginRecord | undefined {
    const row = this.#sql.get<PrincipalRow>(
      `SELECT p.id, p.name, p.roles, p.scram_salt, p.scram_iterations, p.narrowed, a.id AS account_id, a.address
       FROM principal p JOIN account a ON a.principal_id = p.id WHERE p.name = ?`,
      name,
    )
    return row === undefined ? undefined : this.#recordOf(row)
  }

  loginOfToken(hash: string): TokenLogin | undefined {
    const row = this.#sql.get<PrincipalRow & { readonly credential_id: number }>(
      `SELECT p.id, p.name, p.roles, p.scram_salt, p.scram_iterations, p.narrowed, a.id AS account_id, a.address, c.id AS credential_id
       FROM credential c JOIN principal p ON p.id = c.principal_id JOIN account a ON a.principal_id = p.id
       WHERE c.hash = ? AND c.kind = 'app_password'`,
      hash,
    )
    if (row === undefined) return undefined
    const record = this.#recordOf(row)
    const credential = record.credentials.find(({ id }) => id === credentialId(row.credential_id))
    return credential === undefined ? undefined : { record, credential }
  }

  loginStamps(ids: readonly PrincipalId[]): ReadonlyMap<PrincipalId, ReadonlySet<string>> {
    const rows = this.#sql.all<{ principal_id: number; hash: string; narrowed: number }>(
      `SELECT c.principal_id, c.hash, p.narrowed FROM credential c JOIN principal p ON p.id = c.principal_id
       WHERE c.principal_id IN (SELECT value FROM json_each(?))`,
      JSON.stringify(ids.map((id) => keyOf('p', id))),
    )
    const stamps = new Map<PrincipalId, Set<string>>()
    for (const { principal_id: key, hash, narrowed } of rows) {
      const id = principalId(key)
      const own = stamps.get(id) ?? new Set()
      stamps.set(id, own.add(stampOf(hash, narrowed)))
    }
    return stamps
  }

  namesWithLocalPart(local: string): readonly string[] {
    // A range of the index on the name: "A" comes next after "@".
    return this.#sql
      .all<{ name: string }>(
        'SELECT name FROM principal WHERE name >= ? AND name < ? ORDER BY name LIMIT 2',
        `${local}@`,
        `${local}A`,
      )
      .map(({ name }) => name)
  }

  withoutScramKeys(): number {
    const row = this.#sql.get<{ count: number }>(
      `SELECT count(*) AS count FROM
         (SELECT DISTINCT principal_id FROM credential WHERE scram_stored_key IS NULL LIMIT ${maxKeyless})`,
    )
    return row?.count ?? 0
  }

  /** Whether its last use is so long ago that another one is to be written. */
  isUseNews(id: CredentialId, at: number): boolean {
    const row = this.#sql.get<{ last_used_at: number | null }>(
      'SELECT last_used_at FROM credential WHERE id = ?',
      keyOf('c', id),
    )
    return row !== undefined && at - (row.last_used_at ?? -Infinity) >= usePrecisionMs
  }

  grantsOn(account: string): readonly AccessGrant[] {
    return this.#sql
      .all<{ mailbox_id: number; name: string; rights: string }>(
        `SELECT x.mailbox_id, p.name, x.rights FROM account a JOIN access x ON x.account_id = a.id
           JOIN principal p ON p.id = x.principal_id
         WHERE a.address = ? ORDER BY x.mailbox_id, p.name`,
        account,
      )
      .map(({ mailbox_id: mailbox, name: principal, rights }) => ({
        account,
        ...(mailbox === 0 ? {} : { mailbox: mailboxId(mailbox) }),
        principal,
        rights: rightsOf(rights),
      }))
  }

  #recordOf(row: PrincipalRow): LoginRecord {
    const { scram_salt: salt, scram_iterations: iterations } = row
    const scram: ScramParameters | undefined =
      salt === null || iterations === null ? undefined : { salt, iterations }
    const access: Access = {
      principal: { id: principalId(row.id), name: row.name },
      roles: new Set(wordsOf<Role>(row.roles)),
      account: { id: accountId(row.account_id), address: row.address },
      shared: this.#sharedWith(row.id),
    }
    return { access, scram, credentials: this.#credentialsOf(row) }
  }

  #credentialsOf({ id, narrowed }: PrincipalRow): Credential[] {
    return this.#sql
      .all<CredentialRow>(
        `SELECT id, kind, name, hash, protocols, scram_stored_key, scram_server_key, created_at, last_used_at
         FROM credential WHERE principal_id = ? ORDER BY kind DESC, name`,
        id,
      )
      .map((row) => credentialOf(row, narrowed))
  }

  #sharedWith(principal: number): AccountAccess[] {
    const rows = this.#sql.all<SharedRow>(
      `SELECT x.account_id, x.mailbox_id, x.rights, a.address FROM access x JOIN account a ON a.id = x.account_id
       WHERE x.principal_id = ? ORDER BY x.account_id, x.mailbox_id`,
      principal,
    )
    const shared = new Map<number, SharedAccount>()
    for (const { account_id: key, mailbox_id: mailbox, rights, address } of rows) {
      const one = shared.get(key) ?? {
        account: { id: accountId(key), address },
        rights: new Set(),
        mailboxes: new Map(),
      }
      if (mailbox === 0) one.rights = rightsOf(rights)
      else one.mailboxes.set(mailboxId(mailbox), rightsOf(rights))
      shared.set(key, one)
    }
    return [...shared.values()]
  }
}

interface SharedAccount {
  readonly account: AccountName
  rights: Rights
  readonly mailboxes: Map<MailboxId, Rights>
}

function credentialOf(row: CredentialRow, narrowed: number): Credential {
  const { scram_stored_key: storedKey, scram_server_key: serverKey } = row
  return {
    id: credentialId(row.id),
    kind: row.kind,
    name: row.name,
    hash: row.hash,
    stamp: stampOf(row.hash, narrowed),
    protocols: new Set(wordsOf<LoginProtocol>(row.protocols)),
    scram: storedKey === null || serverKey === null ? undefined : { storedKey, serverKey },
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at ?? undefined,
  }
}

/** Another one when something was taken away from the principal: its sessions come back with what is left. */
function stampOf(hash: string, narrowed: number): string {
  return narrowed === 0 ? loginStamp(hash) : `${loginStamp(hash)}.${narrowed}`
}

function wordsOf<T extends string>(text: string): T[] {
  return text === '' ? [] : (text.split(' ') as T[])
}

function rightsOf(text: string): Rights {
  return readRights(text) ?? new Set()
}
