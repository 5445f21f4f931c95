import type { PreparedBlob, PreparedMessage } from '@gatepost/store-model'

import { type Statements, statements } from '../database/statement.ts'
import { mailboxColumns, type MailboxRow } from '../mailbox-row.ts'
import type { AccountTx } from './account-tx.ts'
import { placeKey } from './memberships.ts'
import type {
  AccountBlobRow,
  EmailRow,
  MailboxThreadRow,
  MembershipRow,
  ThreadRow,
} from './rows.ts'
import { loadViewersOf, loadViewersWithKeys } from './viewers/load-viewers.ts'

const emailColumns =
  'id, mod_seq, blob_id, hash, thread_id, size, received_at, zone_minutes, sent_at, sent_day, has_attachment, keywords, copy_of'
const membershipColumns =
  'mailbox_id, uid, email_id, mod_seq, created_mod_seq, is_deleted, saved_at'

export const loadStatements: Statements<
  | 'emailsAt'
  | 'emails'
  | 'memberships'
  | 'threads'
  | 'mailboxThreads'
  | 'blobs'
  | 'mailboxesOf'
  | 'mailboxes'
  | 'allMailboxes'
  | 'mailboxesWithRoles'
  | 'threadKeys'
  | 'threadsWithKeys'
  | 'mailboxThreadsWithKeys'
  | 'blobsNamed'
  | 'keywords'
  | 'page'
  | 'deletedPage'
  | 'expiredUploads'
> = statements('load', {
  emailsAt: `SELECT uid, email_id FROM membership WHERE account_id = $1 AND mailbox_id = $2 AND uid = ANY($3::bigint[])`,
  emails: `SELECT ${emailColumns} FROM email WHERE account_id = $1 AND id = ANY($2::bigint[])`,
  memberships: `SELECT ${membershipColumns} FROM membership WHERE account_id = $1 AND email_id = ANY($2::bigint[])`,
  threads: `SELECT id, mod_seq, emails FROM thread WHERE account_id = $1 AND id IN
      (SELECT thread_id FROM email WHERE account_id = $1 AND id = ANY($2::bigint[]))`,
  mailboxThreads: `SELECT thread_id, mailbox_id, emails, unread FROM mailbox_thread WHERE account_id = $1 AND thread_id IN
      (SELECT thread_id FROM email WHERE account_id = $1 AND id = ANY($2::bigint[]))`,
  blobs: `SELECT blob_id, size, email_refs, expires_at FROM account_blob WHERE account_id = $1 AND blob_id IN
      (SELECT blob_id FROM email WHERE account_id = $1 AND id = ANY($2::bigint[]))`,
  mailboxesOf: `SELECT ${mailboxColumns} FROM mailbox WHERE account_id = $1 AND id IN
      (SELECT mailbox_id FROM membership WHERE account_id = $1 AND email_id = ANY($2::bigint[]))`,
  mailboxes: `SELECT ${mailboxColumns} FROM mailbox WHERE account_id = $1 AND id = ANY($2::bigint[])`,
  allMailboxes: `SELECT ${mailboxColumns} FROM mailbox WHERE account_id = $1`,
  mailboxesWithRoles: `SELECT ${mailboxColumns} FROM mailbox WHERE account_id = $1 AND role = ANY($2::text[])`,
  threadKeys: `SELECT encode(key, 'hex') AS key, thread_id FROM thread_key WHERE account_id = $1 AND key = ANY($2::bytea[])`,
  threadsWithKeys: `SELECT id, mod_seq, emails FROM thread WHERE account_id = $1 AND id IN
      (SELECT thread_id FROM thread_key WHERE account_id = $1 AND key = ANY($2::bytea[]))`,
  mailboxThreadsWithKeys: `SELECT thread_id, mailbox_id, emails, unread FROM mailbox_thread WHERE account_id = $1 AND thread_id IN
      (SELECT thread_id FROM thread_key WHERE account_id = $1 AND key = ANY($2::bytea[]))`,
  blobsNamed: `SELECT b.hash, a.blob_id, a.size, a.email_refs, a.expires_at
      FROM blob b JOIN account_blob a ON a.account_id = $1 AND a.blob_id = b.id WHERE b.hash = ANY($2::text[])`,
  keywords: `SELECT name FROM keyword WHERE account_id = $1`,
  page: `SELECT uid, email_id FROM membership WHERE account_id = $1 AND mailbox_id = $2 AND uid > $3 ORDER BY uid LIMIT $4`,
  deletedPage: `SELECT uid, email_id FROM membership WHERE account_id = $1 AND mailbox_id = $2 AND is_deleted AND uid > $3 ORDER BY uid LIMIT $4`,
  expiredUploads: `SELECT b.hash, a.blob_id, a.size, a.email_refs, a.expires_at
      FROM account_blob a JOIN blob b ON b.id = a.blob_id
      WHERE a.account_id = $1 AND a.email_refs = 0 AND a.expires_at <= $2 ORDER BY a.expires_at LIMIT $3`,
})

interface Place {
  readonly uid: number
  readonly email_id: number
}

/** Memberships of a mailbox with all that an op on their emails needs: two round trips. */
export async function loadPlaces(
  tx: AccountTx,
  mailbox: number,
  uids: readonly number[],
): Promise<void> {
  const unknown = uids.filter((uid) => !tx.memberships.isKnown(placeKey(mailbox, uid)))
  if (unknown.length === 0) return
  const places = await tx.connection.rows<Place>(loadStatements.emailsAt, tx.id, mailbox, unknown)
  await loadEmails(
    tx,
    places.map((row) => row.email_id),
  )
  tx.memberships.load(
    [],
    unknown.map((uid) => placeKey(mailbox, uid)),
  )
}

/** Emails, with their memberships, threads, content and mailboxes: one round trip. */
export async function loadEmails(tx: AccountTx, ids: readonly number[]): Promise<void> {
  const unknown = ids.filter((id) => !tx.emails.isKnown(id))
  if (unknown.length === 0) return
  const { connection, id: account } = tx
  const [emails, memberships, threads, mailboxThreads, blobs, mailboxes] = await Promise.all([
    connection.rows<EmailRow>(loadStatements.emails, account, unknown),
    connection.rows<MembershipRow>(loadStatements.memberships, account, unknown),
    connection.rows<ThreadRow>(loadStatements.threads, account, unknown),
    connection.rows<MailboxThreadRow>(loadStatements.mailboxThreads, account, unknown),
    connection.rows<AccountBlobRow>(loadStatements.blobs, account, unknown),
    connection.rows<MailboxRow>(loadStatements.mailboxesOf, account, unknown),
    loadViewersOf(tx, unknown),
  ])
  tx.emails.load(emails, unknown)
  tx.memberships.loadOf(memberships)
  tx.threads.load(threads)
  tx.mailboxThreads.load(mailboxThreads)
  tx.accountBlobs.load(blobs)
  tx.mailboxes.load(mailboxes)
}

export async function loadMailboxes(tx: AccountTx, ids: readonly number[]): Promise<void> {
  const unknown = ids.filter((id) => !tx.mailboxes.isKnown(id))
  if (unknown.length === 0 || tx.hasAllMailboxes) return
  const rows = await tx.connection.rows<MailboxRow>(loadStatements.mailboxes, tx.id, unknown)
  tx.mailboxes.load(rows, unknown)
}

/** An account has a thousand at most. */
export async function loadAllMailboxes(tx: AccountTx): Promise<void> {
  if (tx.hasAllMailboxes) return
  tx.mailboxes.load(await tx.connection.rows<MailboxRow>(loadStatements.allMailboxes, tx.id))
  tx.hasAllMailboxes = true
}

export async function loadMailboxesWithRoles(
  tx: AccountTx,
  roles: readonly string[],
): Promise<void> {
  tx.mailboxes.load(
    await tx.connection.rows<MailboxRow>(loadStatements.mailboxesWithRoles, tx.id, roles),
  )
}

/** What the account has of these messages already: their content, and the threads that they join. One round trip. */
export async function loadForMessages(
  tx: AccountTx,
  messages: readonly PreparedMessage[],
): Promise<void> {
  const keys = new Map(
    messages.flatMap(({ threadKeys }) => threadKeys.map((key) => [hexOf(key), key] as const)),
  )
  for (const key of tx.threadKeys.keys()) keys.delete(key)
  await Promise.all([loadThreadsWithKeys(tx, keys), loadBlobsNamed(tx, messages)])
}

async function loadThreadsWithKeys(
  tx: AccountTx,
  keys: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  if (keys.size === 0) return
  const asked = [...keys.values()]
  const { connection, id: account } = tx
  const [found, threads, mailboxThreads] = await Promise.all([
    connection.rows<{ key: string; thread_id: number }>(loadStatements.threadKeys, account, asked),
    connection.rows<ThreadRow>(loadStatements.threadsWithKeys, account, asked),
    connection.rows<MailboxThreadRow>(loadStatements.mailboxThreadsWithKeys, account, asked),
    loadViewersWithKeys(tx, asked),
  ])
  for (const key of keys.keys()) tx.threadKeys.set(key, undefined)
  for (const { key, thread_id: thread } of found) tx.threadKeys.set(key, thread)
  tx.threads.load(threads)
  tx.mailboxThreads.load(mailboxThreads)
}

/** What the account has under these names. */
export async function loadBlobsNamed(
  tx: AccountTx,
  blobs: readonly Pick<PreparedBlob, 'hash'>[],
): Promise<void> {
  const unknown = [...new Set(blobs.map(({ hash }) => hash))].filter(
    (hash) => !tx.blobIds.has(hash),
  )
  if (unknown.length === 0) return
  const rows = await tx.connection.rows<AccountBlobRow & { hash: string }>(
    loadStatements.blobsNamed,
    tx.id,
    unknown,
  )
  for (const hash of unknown) tx.blobIds.set(hash, undefined)
  noteBlobs(tx, rows)
}

/** Uploads that have expired and that nothing uses. */
export async function loadExpiredUploads(tx: AccountTx, limit: number): Promise<AccountBlobRow[]> {
  const rows = await tx.connection.rows<AccountBlobRow & { hash: string }>(
    loadStatements.expiredUploads,
    tx.id,
    tx.now,
    limit,
  )
  noteBlobs(tx, rows)
  return rows.flatMap(({ blob_id: blob }) => tx.accountBlobs.get(blob) ?? [])
}

function noteBlobs(
  tx: AccountTx,
  rows: readonly (AccountBlobRow & { readonly hash: string })[],
): void {
  for (const { hash, ...row } of rows) {
    tx.blobIds.set(hash, row.blob_id)
    tx.accountBlobs.load([row])
  }
}

export async function loadKeywords(tx: AccountTx): Promise<Set<string>> {
  if (tx.keywordNames !== undefined) return tx.keywordNames
  const rows = await tx.connection.rows<{ name: string }>(loadStatements.keywords, tx.id)
  tx.keywordNames = new Set(rows.map(({ name }) => name))
  return tx.keywordNames
}

export function hexOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('hex')
}
