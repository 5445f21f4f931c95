import {
  type Account,
  type Alias,
  MailError,
  type NewPassword,
  type Quota,
  standardMailboxes,
} from '@gatepost/core'
import { accountNotFound } from '@gatepost/store-model'

import { accountColumns, accountOf, type AccountRow } from '../directory/account-row.ts'
import { requireDomainOf } from './domain-jobs.ts'
import type { JobContext } from './job-context.ts'
import { insertMailbox } from './ops/mailboxes.ts'
import { putPassword } from './principals/credentials.ts'
import { findPrincipal } from './principals/find-principal.ts'
import type { WriterJob } from './protocol.ts'
import type { JobResult } from './slices/job-result.ts'
import { removeViewersOf } from './viewers/register.ts'

type DirectoryJob = Extract<
  WriterJob,
  {
    kind: 'addAccount' | 'setQuota' | 'addAlias' | 'deleteAlias'
  }
>

export function runDirectoryJob(context: JobContext, job: DirectoryJob): Account | null {
  context.isDirectoryChanged = true
  switch (job.kind) {
    case 'addAccount':
      return addAccount(context, job.address, job.password)
    case 'setQuota':
      return setQuota(context, job.address, job.quota)
    case 'addAlias':
      return addAlias(context, job.alias)
    case 'deleteAlias':
      return deleteAlias(context, job.address)
  }
}

function addAccount(context: JobContext, address: string, password: NewPassword): Account {
  const { sql, now } = context
  requireDomainOf(context, address)
  if (findAccount(context, address) !== undefined)
    throw new MailError('conflict', 'account.exists', `The account ${address} exists`)
  if (sql.get('SELECT 1 FROM alias WHERE address = ?', address) !== undefined)
    throw new MailError('conflict', 'alias.exists', `${address} is an alias`)
  const principal = sql.insert(
    'INSERT INTO principal (name, created_at) VALUES (?, ?)',
    address,
    now,
  )
  putPassword(context, findPrincipal(context, address), password)
  const id = sql.insert(
    'INSERT INTO account (address, principal_id, created_at) VALUES (?, ?, ?)',
    address,
    principal,
    now,
  )
  const tx = context.account(id)
  for (const [sortOrder, { name, role }] of standardMailboxes.entries())
    insertMailbox(tx, { parent: 0, name, role, isSubscribed: true, sortOrder })
  return accountOf({
    id,
    address,
    created_at: now,
    quota_bytes: 0,
    used_bytes: 0,
    quota_emails: 0,
    used_emails: 0,
  })
}

function setQuota({ sql }: JobContext, address: string, quota: Quota): null {
  const changed = sql.run(
    'UPDATE account SET quota_bytes = ?, quota_emails = ? WHERE address = ?',
    quota.bytes,
    quota.emails,
    address,
  )
  if (changed === 0) throw accountNotFound(address)
  return null
}

/** With its principal and all its mail, which is removed in slices of their own; content that others have too stays theirs. */
export function deleteAccount(context: JobContext, address: string): JobResult {
  const { sql } = context
  const account = findAccount(context, address)
  if (account === undefined) throw accountNotFound(address)
  const { mod_seq: modSeq, principal_id: principal } = sql.get<{
    mod_seq: number
    principal_id: number
  }>('DELETE FROM account WHERE id = ? RETURNING mod_seq, principal_id', account.id) ?? {
    mod_seq: 0,
    principal_id: 0,
  }
  sql.run('DELETE FROM principal WHERE id = ?', principal)
  sql.run('DELETE FROM credential WHERE principal_id = ?', principal)
  sql.run('DELETE FROM access WHERE principal_id = ?', principal)
  removeViewersOf(sql, principal)
  sql.run('INSERT INTO deleted_account (id) VALUES (?)', account.id)
  sql.run('DELETE FROM alias WHERE account_id = ?', account.id)
  sql.run('UPDATE queue_message SET account_id = NULL WHERE account_id = ?', account.id)
  context.isDirectoryChanged = true
  context.tell(account.id, modSeq + 1)
  return { next: { kind: 'purgeAccount', account: account.id } }
}

function addAlias(context: JobContext, { address, target }: Alias): null {
  const { sql } = context
  requireDomainOf(context, address)
  const account = findAccount(context, target)
  if (account === undefined)
    throw new MailError('invalid', 'alias.badTarget', `${target} is no account`)
  if (findAccount(context, address) !== undefined)
    throw new MailError('conflict', 'account.exists', `${address} is an account`)
  const added = sql.run(
    'INSERT OR IGNORE INTO alias (address, account_id) VALUES (?, ?)',
    address,
    account.id,
  )
  if (added === 0) throw new MailError('conflict', 'alias.exists', `The alias ${address} exists`)
  return null
}

function deleteAlias({ sql }: JobContext, address: string): null {
  if (sql.run('DELETE FROM alias WHERE address = ?', address) === 0)
    throw new MailError('notFound', 'alias.notFound', `No alias ${address}`)
  return null
}

function findAccount({ sql }: JobContext, address: string): AccountRow | undefined {
  return sql.get<AccountRow>(`SELECT ${accountColumns} FROM account WHERE address = ?`, address)
}
