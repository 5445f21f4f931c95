import { MailError, type MailOp, type MailOpResults } from '@gatepost/core'
import { type PreparedBlob, type PreparedMessage, blobId, hashOf } from '@gatepost/store-model'

import { keepUpload, uploadCharge, dropExpiredUpload } from '../account-blobs.ts'
import type { AccountTx } from '../account-tx.ts'
import { storeBlob } from '../blobs.ts'
import { addEmail } from './add-email.ts'
import { mailboxSeen, updateMailbox } from './mailboxes.ts'
import { deleteRecord, putRecord } from './records.ts'
import { destroyEmail } from './remove-emails.ts'
import { updateEmail } from './update-email.ts'
import { beginWide, continueWide, finishWide, isWide, type WideOp } from './wide-op.ts'

/** What was derived from the bytes of an op that brings some. */
export type PreparedContent =
  | { readonly kind: 'message'; readonly message: PreparedMessage }
  | { readonly kind: 'blob'; readonly blob: PreparedBlob }

export type AnyResult = MailOpResults[keyof MailOpResults]

/** Expired uploads dropped with each new one. */
const sweepsPerUpload = 16

/** Runs one op; the answer is taken after the transaction has settled its counters. */
export function runOp(
  tx: AccountTx,
  op: MailOp,
  prepared: PreparedContent | undefined,
): () => AnyResult {
  if (isWide(op))
    return finishWide(
      tx,
      continueWide(tx, beginWide(tx, op), () => true),
    )
  switch (op.op) {
    case 'updateMailbox': {
      const row = updateMailbox(tx, op)
      return () => mailboxSeen(tx, row)
    }
    case 'expectState':
    case 'addEmail':
    case 'putBlob':
    case 'updateEmail':
    case 'destroyEmail':
    case 'putRecord':
    case 'deleteRecord': {
      const result = runPlainOp(tx, op, prepared)
      return () => result
    }
    default:
      throw new Error(`unknown op ${String((op as { op: unknown }).op)}`)
  }
}

type PlainOp = Exclude<MailOp, WideOp | { op: 'updateMailbox' }>

function runPlainOp(tx: AccountTx, op: PlainOp, prepared: PreparedContent | undefined): AnyResult {
  switch (op.op) {
    case 'expectState':
      if (tx.modSeq !== op.state)
        throw new MailError('conflict', 'state.mismatch', 'The state has changed')
      return null
    case 'addEmail':
      return addEmail(tx, op, prepared?.kind === 'message' ? prepared.message : undefined)
    case 'putBlob':
      return putBlob(tx, prepared, op.expiresAt)
    case 'updateEmail':
      return updateEmail(tx, op)
    case 'destroyEmail':
      return destroyEmail(tx, op)
    case 'putRecord':
      return putRecord(tx, op)
    case 'deleteRecord':
      return deleteRecord(tx, op)
    default:
      throw new Error(`unknown op ${String((op as { op: unknown }).op)}`)
  }
}

function putBlob(
  tx: AccountTx,
  prepared: PreparedContent | undefined,
  expiresAt: number,
): MailOpResults['putBlob'] {
  if (prepared?.kind !== 'blob') throw new Error('putBlob without content')
  const { blob } = prepared
  sweepUploads(tx)
  tx.checkQuota(uploadCharge(tx, blob.hash, blob.size), 0)
  keepUpload(tx, storeBlob(tx.sql, blob), expiresAt)
  const id = blobId(blob.hash)
  return { blobId: id, size: blob.size }
}

/** Uploads of this account that have expired and that nothing uses. */
function sweepUploads(tx: AccountTx): void {
  const expired = tx.sql.all<{ hash: string }>(
    `SELECT b.hash FROM account_blob a JOIN blob b ON b.id = a.blob_id
       WHERE a.email_refs = 0 AND a.expires_at <= ? AND a.account_id = ? LIMIT ?`,
    tx.now,
    tx.id,
    sweepsPerUpload,
  )
  for (const { hash } of expired) dropExpiredUpload(tx, hashOf(blobId(hash)))
}
