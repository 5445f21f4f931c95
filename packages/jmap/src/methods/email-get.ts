import { setImmediate } from 'node:timers/promises'

import type { EmailId, MailReader } from '@gatepost/core'
import { z } from 'zod'

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

/** Emails read in one go, before others get their turn. */
const slice = 32

// RFC 8621 section 4.2
export const emailGet: Method = {
  capability: capabilities.mail,
  run: async (args, context) => {
    const parsed = readArguments(schema, args)
    const { accountId, ids } = normaliseGet(parsed, context)
    if (ids === null) throw new MethodError('requestTooLarge', 'Name the ids')
    const wanted = readEmailProperties(parsed)
    // The state of the first slice: what changes meanwhile is told again by /changes.
    const state = context.read(accountId, (reader) => String(reader.state))
    const list: Record<string, unknown>[] = []
    for (let from = 0; from < ids.length; from += slice) {
      if (from > 0) await setImmediate()
      const some = ids.slice(from, from + slice) as EmailId[]
      list.push(...context.read(accountId, (reader) => viewSlice(reader, some, wanted, context)))
    }
    const found = new Set(list.map(({ id }) => id))
    return { args: { accountId, state, list, notFound: ids.filter((id) => !found.has(id)) } }
  },
}

function viewSlice(
  reader: MailReader,
  ids: readonly EmailId[],
  wanted: EmailProperties,
  context: CallContext,
): Record<string, unknown>[] {
  return reader.emails.get(ids).flatMap((email) => {
    const index = reader.emails.index(email.id)
    if (index === undefined) return []
    const source = MessageSource.ofBlob(reader, email.blobId)
    const view = viewEmail({ email, blobId: email.blobId, size: email.size, index, source }, wanted)
    context.spend(roughSize(view))
    return [view]
  })
}

/** What an answer weighs, near enough to bound it. */
function roughSize(value: unknown): number {
  if (typeof value === 'string') return value.length + 2
  if (typeof value !== 'object' || value === null) return 8
  let size = 2
  for (const inner of Object.values(value)) size += roughSize(inner) + 12
  return size
}
