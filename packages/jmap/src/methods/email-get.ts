import { MailError, type EmailId } from '@gatepost/core'
import { z } from 'zod'

import { bytesPerEmail } from '../budget/request-budget.ts'
import { readEmailProperties, type EmailProperties } from '../mail/email-properties.ts'
import { viewEmail } from '../mail/email-view.ts'
import { MessageSource } from '../mail/message-source.ts'
import { MethodError } from '../protocol/method-error.ts'
import { capabilities } from '../protocol/request-object.ts'
import { readArguments, unsignedIntSchema } from './arguments.ts'
import type { CallContext } from './call-context.ts'
import type { Method } from './method.ts'
import { getShape, normaliseGet } from './standard-get.ts'

const schema = z.strictObject({
  ...getShape,
  bodyProperties: z.array(z.string().max(1000)).max(100).nullish(),
  fetchTextBodyValues: z.boolean().optional(),
  fetchHTMLBodyValues: z.boolean().optional(),
  fetchAllBodyValues: z.boolean().optional(),
  maxBodyValueBytes: unsignedIntSchema.optional(),
})

// RFC 8621 section 4.2
export const emailGet: Method = {
  capability: capabilities.mail,
  run: async (args, context) => {
    const parsed = readArguments(schema, args)
    const { accountId, ids } = normaliseGet(parsed, context)
    if (ids === null) throw new MethodError('requestTooLarge', 'Name the ids')
    const wanted = readEmailProperties(parsed)
    // The state before the first: what changes meanwhile is told again by /changes.
    const state = context.read(accountId, (reader) => String(reader.state))
    const list: Record<string, unknown>[] = []
    const notFound: string[] = []
    for (const id of ids) {
      await context.budget.step({ bytes: bytesPerEmail, nodes: 1, answer: id.length + 4 })
      const view = await viewOf(id as EmailId, wanted, context)
      if (view === undefined) notFound.push(id)
      else list.push(view)
    }
    return { args: { accountId, state, list, notFound }, isCharged: true }
  },
}

async function viewOf(
  id: EmailId,
  wanted: EmailProperties,
  context: CallContext,
): Promise<Record<string, unknown> | undefined> {
  const found = context.read(context.account.id, ({ emails }) => {
    const [email] = emails.get([id])
    const index = email === undefined ? undefined : emails.index(id)
    return email === undefined || index === undefined ? undefined : { email, index }
  })
  if (found === undefined) return undefined
  const { email } = found
  const { blobId, size } = email
  const source = new MessageSource(blobId, context.readRange, context.budget)
  try {
    return await viewEmail({ ...found, blobId, size, source }, wanted)
  } catch (error) {
    // Destroyed while it was read.
    if (error instanceof MailError && error.code === 'blob.notFound') return undefined
    throw error
  }
}
