import { MailError, type EmailId } from '@gatepost/core'

import { bytesPerEmail } from '../budget/request-budget.ts'
import type { EmailProperties } from '../mail/email-properties.ts'
import { viewEmail } from '../mail/email-view.ts'
import { MessageSource } from '../mail/message-source.ts'
import type { CallContext } from './call-context.ts'

/** An email of the account with the properties asked for, charged; undefined: there is none. @throws BudgetExceeded, MailError */
export async function viewStoredEmail(
  id: EmailId,
  wanted: EmailProperties,
  context: CallContext,
): Promise<Record<string, unknown> | undefined> {
  await context.budget.step({ bytes: bytesPerEmail })
  const found = context.read(context.account.id, ({ emails }) => {
    const [email] = emails.get([id])
    const index = email === undefined ? undefined : emails.index(id)
    return email === undefined || index === undefined ? undefined : { email, index }
  })
  if (found === undefined) return undefined
  const { email } = found
  const { blobId, size } = email
  const source = new MessageSource(context.blobs.rangeOf(blobId), context.budget)
  try {
    return await viewEmail({ ...found, blobId, size, source }, wanted)
  } catch (error) {
    // Destroyed while it was read.
    if (error instanceof MailError && error.code === 'blob.notFound') return undefined
    throw error
  }
}
