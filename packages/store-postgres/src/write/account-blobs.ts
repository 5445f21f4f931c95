import type { AccountTx } from './account-tx.ts'
import type { BlobRow } from './content.ts'
import type { AccountBlobRow } from './rows.ts'

/** A blob that the account may reach; its name has been looked for. */
export function accountBlob(tx: AccountTx, hash: string): BlobRow | undefined {
  const row = rowNamed(tx, hash)
  return row === undefined ? undefined : { id: row.blob_id, hash, size: row.size }
}

/** Bytes that one more email over this content adds to what the account uses: an upload already counts. */
export function emailCharge(tx: AccountTx, hash: string, size: number): number {
  return rowNamed(tx, hash)?.email_refs === 0 ? 0 : size
}

export function addEmailRef(tx: AccountTx, blob: BlobRow): void {
  const row = tx.accountBlobs.get(blob.id)
  if (row === undefined) add(tx, blob, { emailRefs: 1, expiresAt: 0 })
  else {
    row.email_refs += 1
    tx.accountBlobs.touch(row)
  }
  if (row === undefined || row.email_refs > 1) tx.use(blob.size)
}

/** An upload that has not expired stays, and goes on counting. */
export function dropEmailRef(tx: AccountTx, blob: number): void {
  const row = tx.accountBlobs.get(blob)
  if (row === undefined) throw new Error(`account ${tx.id} lacks blob ${blob}`)
  if (row.email_refs === 1 && row.expires_at <= tx.now) {
    remove(tx, row)
    return
  }
  row.email_refs -= 1
  tx.accountBlobs.touch(row)
  if (row.email_refs > 0) tx.use(-row.size)
}

/** Bytes that an upload of this content adds: none when the account has it. */
export function uploadCharge(tx: AccountTx, hash: string, size: number): number {
  return rowNamed(tx, hash) === undefined ? size : 0
}

export function keepUpload(tx: AccountTx, blob: BlobRow, expiresAt: number): void {
  const row = tx.accountBlobs.get(blob.id)
  if (row === undefined) {
    add(tx, blob, { emailRefs: 0, expiresAt })
    tx.use(blob.size)
  } else if (row.expires_at < expiresAt) {
    row.expires_at = expiresAt
    tx.accountBlobs.touch(row)
  }
}

export function dropExpiredUpload(tx: AccountTx, row: AccountBlobRow): void {
  if (row.email_refs === 0 && row.expires_at <= tx.now) remove(tx, row)
}

function rowNamed(tx: AccountTx, hash: string): AccountBlobRow | undefined {
  const id = tx.blobIds.get(hash)
  return id === undefined ? undefined : tx.accountBlobs.get(id)
}

function add(
  tx: AccountTx,
  blob: BlobRow,
  { emailRefs, expiresAt }: { readonly emailRefs: number; readonly expiresAt: number },
): void {
  tx.accountBlobs.add({
    blob_id: blob.id,
    size: blob.size,
    email_refs: emailRefs,
    expires_at: expiresAt,
  })
  tx.blobIds.set(blob.hash, blob.id)
  tx.content.addRef(blob.id, 1)
}

function remove(tx: AccountTx, row: AccountBlobRow): void {
  tx.accountBlobs.delete(row)
  tx.content.addRef(row.blob_id, -1)
  tx.use(-row.size)
}
