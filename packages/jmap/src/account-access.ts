import { may, type Access, type AccountId, type AccountName, type Right } from '@gatepost/core'

/** An account as JMAP serves it to somebody (RFC 8620 section 2). */
export interface ServedAccount {
  readonly account: AccountName
  /** Their own. */
  readonly isPersonal: boolean
  readonly isReadOnly: boolean
}

const toRead: readonly Right[] = ['lookup', 'read']
/** With less than these an account is read-only: no method changes a part of it. */
const toWrite: readonly Right[] = [
  'seen',
  'write',
  'insert',
  'create',
  'delete',
  'deleteMessages',
  'expunge',
]

/** Undefined: there is none that they may read. Of mailboxes that are shared alone nothing is served. */
export function servedAccount(access: Access, id: string): ServedAccount | undefined {
  const isPersonal = id === access.account.id
  const account = isPersonal
    ? access.account
    : access.shared.find((shared) => shared.account.id === id)?.account
  if (account === undefined || !hasAll(access, account.id, toRead)) return undefined
  return { account, isPersonal, isReadOnly: !hasAll(access, account.id, toWrite) }
}

/** Their own first. */
export function servedAccounts(access: Access): readonly ServedAccount[] {
  return [access.account, ...access.shared.map(({ account }) => account)].flatMap(
    ({ id }) => servedAccount(access, id) ?? [],
  )
}

function hasAll(access: Access, account: AccountId, rights: readonly Right[]): boolean {
  return rights.every((right) => may(access, right, account))
}
