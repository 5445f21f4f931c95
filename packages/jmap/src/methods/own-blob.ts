import type { BlobPlace } from '../mail/blob-content.ts'
import { isId } from '../protocol/jmap-id.ts'
import type { CallContext } from './call-context.ts'

/** What a blob id or the creation id of one leads to, charged before it is looked for; undefined: to nothing of the user's. @throws BudgetExceeded, MailError */
export async function ownBlob(given: string, context: CallContext): Promise<BlobPlace | undefined> {
  const id = context.resolveId(given)
  return id === undefined || !isId(id) ? undefined : context.blobs.find(id)
}
