import { type AccessGrant, MailError, readRights, type Rights, writeRights } from '@gatepost/core'
import { accountNotFound, keyOf, mailboxNotFound } from '@gatepost/store-model'

import type { JobContext } from '../job-context.ts'
import type { JobResult } from '../slices/job-result.ts'
import { addViewer, maxViewers, removeViewersWithoutAccess } from '../viewers/register.ts'
import { findPrincipal } from './find-principal.ts'
import type { PrincipalJob } from './principal-job.ts'

const maxAccountsOfPrincipal = 256
const maxGrantsOfPrincipal = 1_000
const maxGrantsOnAccount = 10_000

export function setRoles(
  context: JobContext,
  { name, roles }: Extract<PrincipalJob, { kind: 'setRoles' }>,
): null {
  const principal = findPrincipal(context, name)
  const had = new Set(principal.roles === '' ? [] : principal.roles.split(' '))
  const has = new Set<string>(roles)
  context.sql.run(
    'UPDATE principal SET roles = ? WHERE id = ?',
    [...has].toSorted().join(' '),
    principal.id,
  )
  if (isNarrowed(had, has)) narrow(context, principal.id)
  return null
}

/** What a principal had apart that loses its access is removed in slices of their own. */
export function setAccess(context: JobContext, grant: AccessGrant): JobResult {
  const { sql } = context
  context.isDirectoryChanged = true
  const { id: principal } = findPrincipal(context, grant.principal)
  const account = sql.get<{ id: number; principal_id: number }>(
    'SELECT id, principal_id FROM account WHERE address = ?',
    grant.account,
  )
  if (account === undefined) throw accountNotFound(grant.account)
  if (account.principal_id === principal)
    throw new MailError('invalid', 'access.own', `${grant.account} is ${grant.principal}'s own`)
  const place = [account.id, mailboxOf(context, account.id, grant), principal] as const
  const row = sql.get<{ rights: string }>(
    'SELECT rights FROM access WHERE account_id = ? AND mailbox_id = ? AND principal_id = ?',
    ...place,
  )
  if (row === undefined && grant.rights.size > 0) checkRoom(context, account.id, principal)
  if (grant.rights.size === 0)
    sql.run(
      'DELETE FROM access WHERE account_id = ? AND mailbox_id = ? AND principal_id = ?',
      ...place,
    )
  else
    sql.run(
      'INSERT OR REPLACE INTO access (account_id, mailbox_id, principal_id, rights) VALUES (?, ?, ?, ?)',
      ...place,
      writeRights(grant.rights),
    )
  if (isNarrowed<string>(rightsOf(row?.rights), grant.rights)) narrow(context, principal)
  if (grant.rights.size === 0) {
    const gone = removeViewersWithoutAccess(sql, account.id)
    return gone.length === 0 ? { answer: null } : { next: { kind: 'purgeViewers' } }
  }
  if (!addViewer(sql, account.id, principal)) throw tooMany()
  return { answer: null }
}

/** 0: the account. @throws MailError notFound `mailbox.notFound` */
function mailboxOf({ sql }: JobContext, account: number, { mailbox }: AccessGrant): number {
  if (mailbox === undefined) return 0
  const key = keyOf('m', mailbox)
  const found = sql.get('SELECT 1 FROM mailbox WHERE account_id = ? AND id = ?', account, key)
  if (found === undefined) throw mailboxNotFound()
  return key
}

/** @throws MailError conflict `access.tooMany` */
function checkRoom({ sql }: JobContext, account: number, principal: number): void {
  const own = sql.get<{ grants: number; accounts: number }>(
    'SELECT count(*) AS grants, count(DISTINCT nullif(account_id, ?2)) AS accounts FROM access WHERE principal_id = ?1',
    principal,
    account,
  )
  const on = sql.get<{ grants: number }>(
    'SELECT count(*) AS grants FROM access WHERE account_id = ?',
    account,
  )
  const isFull =
    (own?.grants ?? 0) >= maxGrantsOfPrincipal ||
    (own?.accounts ?? 0) >= maxAccountsOfPrincipal ||
    (on?.grants ?? 0) >= maxGrantsOnAccount
  if (isFull) throw tooMany()
}

function tooMany(): MailError {
  return new MailError(
    'conflict',
    'access.tooMany',
    `A principal has access to ${maxAccountsOfPrincipal} accounts by ${maxGrantsOfPrincipal} grants at most, and an account has ${maxGrantsOnAccount} grants to ${maxViewers} principals at most`,
  )
}

function rightsOf(text: string | undefined): Rights {
  return readRights(text ?? '') ?? new Set()
}

function isNarrowed<T>(had: ReadonlySet<T>, has: ReadonlySet<T>): boolean {
  return [...had].some((one) => !has.has(one))
}

/** Ends the sessions that have what was taken away: their stamps are others. */
function narrow({ sql }: JobContext, principal: number): void {
  sql.run('UPDATE principal SET narrowed = narrowed + 1 WHERE id = ?', principal)
}
