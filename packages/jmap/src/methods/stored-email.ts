import { MailError, type Email, type EmailId } from '@gatepost/core'
import type { MimeIndex } from '@gatepost/mime'

import { bytesPerEmail } from '../budget/request-budget.ts'
import { readsMessage, type EmailProperties } from '../mail/email-properties.ts'
import { viewEmail } from '../mail/email-view.ts'
import { MessageSource } from '../mail/message-source.ts'
import type { CallContext } from './call-context.ts'

/** Emails read together: what one turn of the event loop has room for. */
const maxPage = 16
/** Of each message, where something of it is asked for that its index lacks: most messages are no longer. */
const headBytes = 32_768

interface StoredEmail {
  readonly email: Email
  readonly index: MimeIndex
  readonly head: Buffer | undefined
}

/** An email, and which of its properties. */
export interface AskedEmail {
  readonly id: EmailId
  readonly wanted: EmailProperties
}
type EmailView = Record<string, unknown>

/**
 * Emails of the account with the properties asked for, charged; undefined for each that is not there. In the order asked, as long as no id is asked for twice.
 * Read in pages, a fixed number of round trips for each; what is not in the first pieces of a large message is read by itself.
 * @throws BudgetExceeded, MailError
 */
export async function* viewStoredEmails<Asked extends AskedEmail>(
  asked: readonly Asked[],
  context: CallContext,
): AsyncGenerator<readonly [Asked, EmailView | undefined]> {
  let left = asked
  while (left.length > 0) {
    const some = left.slice(0, maxPage)
    await context.budget.step({ bytes: bytesPerEmail * some.length })
    const { found, rest } = await readPage(some, context)
    for (const one of some)
      if (!rest.has(one.id)) yield [one, await viewFound(found.get(one.id), one.wanted, context)]
    left = [...some.filter(({ id }) => rest.has(id)), ...left.slice(maxPage)]
  }
}

/** `rest`: those whose indexes did not go into the page. */
function readPage(
  asked: readonly AskedEmail[],
  context: CallContext,
): Promise<{
  readonly found: ReadonlyMap<EmailId, StoredEmail>
  readonly rest: ReadonlySet<EmailId>
}> {
  const ids = [...new Set(asked.map(({ id }) => id))]
  const readHeads = new Set(asked.flatMap(({ id, wanted }) => (readsMessage(wanted) ? id : [])))
  return context.read(context.account.id, async ({ emails, blobs }) => {
    const [stored, indexes] = await Promise.all([emails.get(ids), emails.indexes(ids)])
    const opened = stored.filter(({ id }) => indexes.found.has(id) && readHeads.has(id))
    const ranges = opened.map(({ blobId: id }) => ({ id, start: 0, end: headBytes }))
    const heads = ranges.length === 0 ? [] : await blobs.ranges(ranges)
    const headOf = new Map(opened.map(({ id }, at) => [id, heads[at]]))
    const found = new Map<EmailId, StoredEmail>()
    for (const email of stored) {
      const index = indexes.found.get(email.id)
      if (index !== undefined) found.set(email.id, { email, index, head: headOf.get(email.id) })
    }
    return { found, rest: new Set(indexes.rest) }
  })
}

async function viewFound(
  stored: StoredEmail | undefined,
  wanted: EmailProperties,
  context: CallContext,
): Promise<EmailView | undefined> {
  if (stored === undefined) return undefined
  const { email, index, head } = stored
  const { blobId, size } = email
  const source = new MessageSource(context.blobs.rangeOf(blobId), context.budget, head)
  try {
    return await viewEmail({ email, index, blobId, size, source }, wanted)
  } catch (error) {
    // Destroyed while it was read.
    if (error instanceof MailError && error.code === 'blob.notFound') return undefined
    throw error
  }
}
