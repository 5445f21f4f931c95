import type { AccountId, MailOp } from '@gatepost/core'
import { checkRecordOp, type PreparedBlob, type PreparedMessage } from '@gatepost/store-model'

import type { Preparer } from '../../prepare/preparer.ts'

/** An op with all that is derived from the bytes that it brings. */
export interface PreparedOp {
  readonly op: MailOp
  readonly message?: PreparedMessage
  readonly blob?: PreparedBlob
}

/** Made and checked before the transaction begins, so that no lock is held while a message is read. */
export async function prepareOp(
  preparer: Preparer,
  op: MailOp,
  account: AccountId,
): Promise<PreparedOp> {
  checkRecordOp(op)
  if (op.op === 'putBlob') return { op, blob: await preparer.blob(op.content, account) }
  if (op.op === 'addEmail' && typeof op.content !== 'string')
    return { op, message: await preparer.message(op.content, account) }
  return { op }
}
