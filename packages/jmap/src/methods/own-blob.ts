import { bytesPerEmail } from '../budget/request-budget.ts'
import { findBlob, type BlobPlace } from '../mail/blob-content.ts'
import { parsePartBlobId } from '../mail/part-blob-id.ts'
import { isId } from '../protocol/jmap-id.ts'
import type { CallContext } from './call-context.ts'

const bytesPerUpload = 1024

/** What a blob id or the creation id of one leads to, charged before it is looked for; undefined: to nothing of the user's. @throws BudgetExceeded */
export async function ownBlob(given: string, context: CallContext): Promise<BlobPlace | undefined> {
  const id = context.resolveId(given)
  if (id === undefined || !isId(id)) return undefined
  // For a part the index of its email is read.
  const bytes = parsePartBlobId(id) === undefined ? bytesPerUpload : bytesPerEmail
  await context.budget.step({ bytes })
  return context.read(context.account.id, (reader) => findBlob(reader, id))
}
