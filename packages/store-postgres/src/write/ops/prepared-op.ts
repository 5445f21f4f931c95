import type { MailOp } from '@gatepost/core'
import {
  prepareBlob,
  type PreparedBlob,
  type PreparedMessage,
  prepareMessage,
} from '@gatepost/store-model'

/** An op with all that is derived from the bytes that it brings. */
export interface PreparedOp {
  readonly op: MailOp
  readonly message?: PreparedMessage
  readonly blob?: PreparedBlob
}

/** Made before the transaction begins, so that no lock is held while a message is read. */
export function prepareOp(op: MailOp): PreparedOp {
  if (op.op === 'putBlob') return { op, blob: prepareBlob(op.content) }
  if (op.op === 'addEmail' && typeof op.content !== 'string')
    return { op, message: prepareMessage(op.content) }
  return { op }
}
