import type { BlobId } from '@gatepost/core'
import { headerFields, parseDate, rawValue, unfold } from '@gatepost/mime'
import { z } from 'zod'

import { readBlob, type BlobPlace } from '../mail/blob-content.ts'
import { capabilities } from '../protocol/request-object.ts'
import { invalidProperties, SetError } from '../protocol/set-error.ts'
import { anyObjectSchema, idSchema, readArguments } from './arguments.ts'
import type { CallContext } from './call-context.ts'
import { readPlacement } from './email-placement.ts'
import type { Method } from './method.ts'
import { ownBlob } from './own-blob.ts'
import { objectOf, SetRun } from './standard-set.ts'

const schema = z.strictObject({
  accountId: idSchema,
  ifInState: z.string().max(64).nullish(),
  emails: anyObjectSchema,
})
const properties: ReadonlySet<string> = new Set(['blobId', 'mailboxIds', 'keywords', 'receivedAt'])

// RFC 8621 section 4.8
export const emailImport: Method = {
  capability: capabilities.mail,
  writes: true,
  run: async (args, context) => {
    const { accountId, ifInState, emails } = readArguments(schema, args)
    const run = await SetRun.begin({ accountId, ifInState, create: emails }, context, 'mailboxIds')
    for (const [creationId, object] of Object.entries(emails))
      await run.create(creationId, () => importEmail(object, run))
    const { oldState, newState, created, notCreated } = await run.answer()
    return { args: { accountId, oldState, newState, created, notCreated }, isCharged: true }
  },
}

async function importEmail(
  value: unknown,
  run: SetRun,
): Promise<{ id: string; blobId: string; threadId: string; size: number }> {
  const { context } = run
  const object = objectOf(value)
  const unknown = Object.keys(object).filter((name) => !properties.has(name))
  if (unknown.length > 0) throw invalidProperties(unknown.slice(0, 50), 'No such property')
  const placement = readPlacement(object, context)
  const given = object['blobId']
  if (typeof given !== 'string') throw invalidProperties(['blobId'], 'A blob id')
  const { maxMessageBytes } = context.services.limits
  const place = await ownBlob(given, context)
  if (place === undefined) throw invalidProperties(['blobId'], 'No such blob')
  if (place.size === 0) throw new SetError({ type: 'invalidEmail', description: 'It is empty' })
  if (place.size > maxMessageBytes)
    throw new SetError({ type: 'tooLarge', maxSize: maxMessageBytes })
  const source = await sourceOf(place, context)
  const added = await run.write({
    op: 'addEmail',
    content: source.content,
    mailboxIds: placement.mailboxIds,
    keywords: placement.keywords,
    receivedAt: placement.receivedAt ?? arrivalOf(source.head) ?? context.services.clock.now(),
  })
  const { emailId, threadId, size } = added
  return { id: emailId, blobId: added.blobId, threadId, size }
}

const headBytes = 65_536

async function sourceOf(
  place: BlobPlace,
  context: CallContext,
): Promise<{ content: Buffer | BlobId; head: Buffer }> {
  if (place.kind === 'whole') {
    await context.budget.step({ bytes: headBytes })
    const head = (await place.read(0, headBytes)) ?? Buffer.alloc(0)
    return { content: place.blobId, head }
  }
  const content = await readBlob(place, context.budget)
  return { content, head: content.subarray(0, headBytes) }
}

/** RFC 8621 section 4.8: when the newest Received field says so. */
function arrivalOf(head: Buffer): number | undefined {
  const field = headerFields(head, 0, head.length).find(
    ({ name }) => name.toLowerCase() === 'received',
  )
  if (field === undefined) return undefined
  const date = unfold(rawValue(head, field)).split(';').at(-1) ?? ''
  return parseDate(date)?.at
}
