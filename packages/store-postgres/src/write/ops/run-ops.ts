import { MailError, type MailOpResults } from '@gatepost/core'
import { blobId, type PreparedBlob } from '@gatepost/store-model'

import { mailboxOf, type MailboxRow } from '../../mailbox-row.ts'
import { dropExpiredUpload, keepUpload, uploadCharge } from '../account-blobs.ts'
import type { AccountTx } from '../account-tx.ts'
import { flushLarge } from '../flush.ts'
import { loadBlobsNamed, loadExpiredUploads } from '../load.ts'
import { addEmail } from './add-email.ts'
import { copyEmails } from './copy-emails.ts'
import { createMailbox, destroyMailbox, updateMailbox } from './mailboxes.ts'
import { prefetch } from './prefetch.ts'
import type { PreparedOp } from './prepared-op.ts'
import { deleteRecord, putRecord } from './records.ts'
import { destroyEmail, expunge } from './remove-emails.ts'
import { updateEmail } from './update-email.ts'
import { updateFlags } from './update-flags.ts'

export type AnyResult = MailOpResults[keyof MailOpResults]

/** What a page of ops names is loaded together. */
const opsPerPage = 250

/** Expired uploads dropped with each new one. */
const sweepsPerUpload = 16

/** Runs the ops one after another; the answers are taken after the transaction has settled its counters. */
export async function runOps(
  tx: AccountTx,
  ops: readonly PreparedOp[],
): Promise<(() => AnyResult)[]> {
  const [first] = ops
  if (first?.op.op === 'expectState') checkState(tx, first.op.state)
  const results: (() => AnyResult)[] = []
  for (let at = 0; at < ops.length; at += opsPerPage) {
    const page = ops.slice(at, at + opsPerPage)
    await flushLarge(tx)
    await prefetch(tx, page)
    for (const op of page) results.push(await runOp(tx, op))
  }
  return results
}

async function runOp(tx: AccountTx, { op, message, blob }: PreparedOp): Promise<() => AnyResult> {
  switch (op.op) {
    case 'expectState':
      return settled(checkState(tx, op.state))
    case 'addEmail':
      return settled(await addEmail(tx, op, message))
    case 'updateFlags':
      return settled(await updateFlags(tx, op))
    case 'copy':
    case 'move':
      return settled(await copyEmails(tx, op))
    case 'expunge':
      return settled(await expunge(tx, op))
    case 'updateEmail':
      return settled(await updateEmail(tx, op))
    case 'destroyEmail':
      return settled(await destroyEmail(tx, op))
    case 'createMailbox':
      return mailboxAtEnd(tx, await createMailbox(tx, op))
    case 'updateMailbox':
      return mailboxAtEnd(tx, await updateMailbox(tx, op))
    case 'destroyMailbox':
      return settled(await destroyMailbox(tx, op))
    case 'putRecord':
      return settled(putRecord(tx, op))
    case 'deleteRecord':
      return settled(deleteRecord(tx, op))
    case 'putBlob':
      return settled(await putBlob(tx, blob, op.expiresAt))
    default:
      throw new Error(`unknown op ${String((op as { op: unknown }).op)}`)
  }
}

function settled(result: AnyResult): () => AnyResult {
  return () => result
}

/** Its modseq and its counts are those of the end, as whoever asked sees them. */
function mailboxAtEnd({ viewer }: AccountTx, row: MailboxRow): () => AnyResult {
  return () => mailboxOf(viewer?.mailboxOf(row) ?? row)
}

function checkState(tx: AccountTx, state: number): null {
  if (tx.modSeq !== state)
    throw new MailError('conflict', 'state.mismatch', 'The state has changed')
  return null
}

async function putBlob(
  tx: AccountTx,
  blob: PreparedBlob | undefined,
  expiresAt: number,
): Promise<MailOpResults['putBlob']> {
  if (blob === undefined) throw new Error('putBlob without content')
  for (const row of await loadExpiredUploads(tx, sweepsPerUpload)) dropExpiredUpload(tx, row)
  await loadBlobsNamed(tx, [blob])
  tx.checkQuota(uploadCharge(tx, blob.hash, blob.size), 0)
  await tx.content.put([blob])
  keepUpload(tx, tx.content.stored(blob.hash), expiresAt)
  return { blobId: blobId(blob.hash), size: blob.size }
}
