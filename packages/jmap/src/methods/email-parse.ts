import { MailError } from '@gatepost/core'
import { z } from 'zod'

import {
  parsedDefaults,
  readEmailProperties,
  type EmailProperties,
} from '../mail/email-properties.ts'
import { viewEmail } from '../mail/email-view.ts'
import { MessageSource } from '../mail/message-source.ts'
import { capabilities } from '../protocol/request-object.ts'
import { idSchema, readArguments } from './arguments.ts'
import type { CallContext } from './call-context.ts'
import { emailShape } from './email-shape.ts'
import type { Method } from './method.ts'
import { withinGet } from './standard-get.ts'

const schema = z.strictObject({
  ...emailShape,
  accountId: idSchema,
  blobIds: z.array(idSchema),
})

/** RFC 8621 section 4.9: Email objects of blobs, without an id and all that the account would have to know of them. What is a message says `BlobFinder.open`. */
export const emailParse: Method = {
  capability: capabilities.mail,
  run: async (args, context) => {
    const { accountId, blobIds, ...shape } = readArguments(schema, args)
    context.checkAccount(accountId)
    const wanted = readEmailProperties(shape, parsedDefaults)
    const parsed = new Map<string, object>()
    const notParsable: string[] = []
    const notFound: string[] = []
    for (const blobId of withinGet(blobIds, context)) {
      await context.budget.step({ nodes: 1, answer: blobId.length + 4 })
      const view = await viewBlob(blobId, wanted, context)
      if (view === 'notParsable') notParsable.push(blobId)
      else if (view === 'notFound') notFound.push(blobId)
      else parsed.set(blobId, view)
    }
    return {
      args: {
        accountId,
        parsed: parsed.size === 0 ? null : Object.fromEntries(parsed),
        notParsable: orNull(notParsable),
        notFound: orNull(notFound),
      },
      isCharged: true,
    }
  },
}

async function viewBlob(
  blobId: string,
  wanted: EmailProperties,
  context: CallContext,
): Promise<Record<string, unknown> | 'notFound' | 'notParsable'> {
  try {
    const opened = await context.blobs.open(blobId)
    if (typeof opened === 'string') return opened
    using message = opened
    const { size, index } = message
    const source = new MessageSource(message.read, context.budget)
    return await viewEmail({ email: null, blobId, size, index, source }, wanted)
  } catch (error) {
    // Destroyed while it was read.
    if (error instanceof MailError && error.code === 'blob.notFound') return 'notFound'
    throw error
  }
}

function orNull(ids: readonly string[]): readonly string[] | null {
  return ids.length === 0 ? null : ids
}
