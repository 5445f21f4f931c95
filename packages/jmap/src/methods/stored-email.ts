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

/**
 * Emails of the account with the properties asked for, in the order asked, charged; undefined for each that is not there. Read in pages, a fixed number of
 * round trips for each; what is not in the first pieces of a large message is read by itself. @throws BudgetExceeded, MailError
 */
export async function* viewStoredEmails(
  ids: readonly EmailId[],
  wanted: EmailProperties,
  context: CallContext,
): AsyncGenerator<Record<string, unknown> | undefined> {
  let left = ids
  while (left.length > 0) {
    const asked = left.slice(0, maxPage)
    await context.budget.step({ bytes: bytesPerEmail * asked.length })
    const { page, rest } = await readPage(asked, wanted, context)
    for (const id of page.keys()) yield viewFound(page.get(id), wanted, context)
    left = [...rest, ...left.slice(maxPage)]
  }
}

/** As `viewStoredEmails`, of one. */
export async function viewStoredEmail(
  id: EmailId,
  wanted: EmailProperties,
  context: CallContext,
): Promise<Record<string, unknown> | undefined> {
  for await (const view of viewStoredEmails([id], wanted, context)) return view
  return undefined
}

/** `rest`: those at the end whose indexes did not go into the page. */
function readPage(
  ids: readonly EmailId[],
  wanted: EmailProperties,
  context: CallContext,
): Promise<{
  readonly page: ReadonlyMap<EmailId, StoredEmail | undefined>
  readonly rest: readonly EmailId[]
}> {
  return context.read(context.account.id, async ({ emails, blobs }) => {
    const [found, indexes] = await Promise.all([emails.get(ids), emails.indexes(ids)])
    const rest = new Set(indexes.rest)
    const there = found.filter(({ id }) => indexes.found.has(id))
    const ranges = there.map(({ blobId: id }) => ({ id, start: 0, end: headBytes }))
    const heads = readsMessage(wanted) ? await blobs.ranges(ranges) : []
    const stored = new Map(
      there.map((email, at) => [
        email.id,
        { email, index: indexes.found.get(email.id), head: heads[at] },
      ]),
    )
    const page = new Map<EmailId, StoredEmail | undefined>()
    for (const id of ids) {
      const one = stored.get(id)
      if (!rest.has(id))
        page.set(id, one?.index === undefined ? undefined : { ...one, index: one.index })
    }
    return { page, rest: indexes.rest }
  })
}

async function viewFound(
  stored: StoredEmail | undefined,
  wanted: EmailProperties,
  context: CallContext,
): Promise<Record<string, unknown> | undefined> {
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
