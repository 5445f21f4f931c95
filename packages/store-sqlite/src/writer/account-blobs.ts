import type { AccountTx } from './account-tx.ts'
import { addBlobRef, type BlobRow, dropBlobRef } from './blobs.ts'

interface AccountBlobRow {
  readonly blob_id: number
  readonly size: number
  readonly email_refs: number
  readonly expires_at: number
}

/** A blob that the account may reach. */
export function accountBlob(tx: AccountTx, hash: string): BlobRow | undefined {
  const row = find(tx, hash)
  return row === undefined ? undefined : { id: row.blob_id, hash, size: row.size }
}

/** Bytes that one more email over this content adds to what the account uses: an upload already counts. */
export function emailCharge(tx: AccountTx, blob: BlobRow | undefined, size: number): number {
  const row = blob === undefined ? undefined : findById(tx, blob.id)
  return row !== undefined && row.email_refs === 0 ? 0 : size
}

/** `isNew`: nobody had this content before, so the account has not either. */
export function addEmailRef(tx: AccountTx, blob: BlobRow, isNew: boolean): void {
  const row = isNew ? undefined : findById(tx, blob.id)
  if (row === undefined) insert(tx, blob, { emailRefs: 1, expiresAt: 0 })
  else
    tx.sql.run(
      'UPDATE account_blob SET email_refs = email_refs + 1 WHERE account_id = ? AND blob_id = ?',
      tx.id,
      blob.id,
    )
  if (row === undefined || row.email_refs > 0) tx.use(blob.size)
}

/** An upload that has not expired stays, and goes on counting. */
export function dropEmailRef(tx: AccountTx, hash: string): void {
  const row = find(tx, hash)
  if (row === undefined) throw new Error(`account ${tx.id} lacks blob ${hash}`)
  if (row.email_refs === 1 && row.expires_at <= tx.now) {
    remove(tx, row.blob_id)
    tx.use(-row.size)
    return
  }
  tx.sql.run(
    'UPDATE account_blob SET email_refs = email_refs - 1 WHERE account_id = ? AND blob_id = ?',
    tx.id,
    row.blob_id,
  )
  if (row.email_refs > 1) tx.use(-row.size)
}

/** Bytes that an upload of this content adds: none when the account has it. */
export function uploadCharge(tx: AccountTx, hash: string, size: number): number {
  return find(tx, hash) === undefined ? size : 0
}

export function keepUpload(tx: AccountTx, blob: BlobRow, expiresAt: number): void {
  const row = find(tx, blob.hash)
  if (row === undefined) {
    insert(tx, blob, { emailRefs: 0, expiresAt })
    tx.use(blob.size)
  } else if (row.expires_at < expiresAt) {
    tx.sql.run(
      'UPDATE account_blob SET expires_at = ? WHERE account_id = ? AND blob_id = ?',
      expiresAt,
      tx.id,
      blob.id,
    )
  }
}

/** Drops uploads that have expired and that no email uses. */
export function dropExpiredUpload(tx: AccountTx, hash: string): void {
  const row = find(tx, hash)
  if (row === undefined || row.email_refs > 0 || row.expires_at > tx.now) return
  remove(tx, row.blob_id)
  tx.use(-row.size)
}

function findById(tx: AccountTx, blob: number): AccountBlobRow | undefined {
  return tx.sql.get<AccountBlobRow>(
    'SELECT blob_id, size, email_refs, expires_at FROM account_blob WHERE account_id = ? AND blob_id = ?',
    tx.id,
    blob,
  )
}

function find(tx: AccountTx, hash: string): AccountBlobRow | undefined {
  return tx.sql.get<AccountBlobRow>(
    `SELECT a.blob_id, a.size, a.email_refs, a.expires_at FROM blob b
       JOIN account_blob a ON a.account_id = ? AND a.blob_id = b.id WHERE b.hash = ?`,
    tx.id,
    hash,
  )
}

function insert(
  tx: AccountTx,
  blob: BlobRow,
  { emailRefs, expiresAt }: { emailRefs: number; expiresAt: number },
): void {
  tx.sql.run(
    'INSERT INTO account_blob (account_id, blob_id, size, email_refs, expires_at) VALUES (?, ?, ?, ?, ?)',
    tx.id,
    blob.id,
    blob.size,
    emailRefs,
    expiresAt,
  )
  addBlobRef(tx.sql, blob.id)
}

function remove(tx: AccountTx, blob: number): void {
  tx.sql.run('DELETE FROM account_blob WHERE account_id = ? AND blob_id = ?', tx.id, blob)
  dropBlobRef(tx.sql, blob)
}
