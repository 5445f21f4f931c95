import { z } from 'zod'

import { buildMessage } from '../compose/build-message.ts'
import { blobsOf, readMessageDraft, type MessageDraft } from '../compose/message-draft.ts'
import { isWithin } from '../json/is-within.ts'
import { blobPieces, type BlobPlace } from '../mail/blob-content.ts'
import { capabilities } from '../protocol/request-object.ts'
import { SetError } from '../protocol/set-error.ts'
import { readArguments } from './arguments.ts'
import type { CallContext } from './call-context.ts'
import { changeAll } from './change-all.ts'
import { readPlacement } from './email-placement.ts'
import { readDestroys, readUpdates } from './email-updates.ts'
import type { Method } from './method.ts'
import { ownBlob } from './own-blob.ts'
import { objectOf, setShape, SetRun, type SetArguments } from './standard-set.ts'

const schema = z.strictObject(setShape)

// RFC 8621 section 4.6
export const emailSet: Method = {
  capability: capabilities.mail,
  writes: true,
  run: async (args, context) => {
    const parsed: SetArguments = readArguments(schema, args)
    const run = await SetRun.begin(parsed, context, 'mailboxIds')
    for (const [creationId, object] of Object.entries(parsed.create ?? {}))
      await run.create(creationId, () => createEmail(object, run))
    const updates = await readUpdates(parsed.update ?? {}, context)
    await changeAll(run, { updates, destroys: readDestroys(parsed.destroy ?? [], context) })
    return { args: await run.answer(), isCharged: true }
  },
}

async function createEmail(
  value: unknown,
  run: SetRun,
): Promise<{ id: string; blobId: string; threadId: string; size: number }> {
  const { context } = run
  const object = objectOf(value)
  const placement = readPlacement(object, context)
  const { hostname, clock, limits } = context.services
  const { bodyValues: _bodies, ...structure } = object
  if (!isWithin(structure, modest))
    throw new SetError({ type: 'tooLarge', description: tooMuchHeader })
  const draft = readMessageDraft(object)
  const blobs = await findBlobs(draft, context)
  const now = clock.now()
  const content = await buildMessage(draft, {
    hostname,
    now,
    budget: context.budget,
    maxBytes: limits.maxMessageBytes,
    blob: (place) => blobPieces(place, context.budget),
    places: blobs,
  })
  const added = await run.write({
    op: 'addEmail',
    content,
    mailboxIds: placement.mailboxIds,
    keywords: placement.keywords,
    receivedAt: placement.receivedAt ?? now,
  })
  const { emailId, blobId, threadId, size } = added
  return { id: emailId, blobId, threadId, size }
}

const tooMuchHeader = 'Its header and structure are too large'
/** Of a draft without its bodies: what is read in one turn. */
const modest = { nodes: 8000, length: 262_144 }

/** All or none: what is missing is told by its ids. @throws SetError blobNotFound, tooLarge; BudgetExceeded */
async function findBlobs(
  draft: MessageDraft,
  context: CallContext,
): Promise<ReadonlyMap<string, BlobPlace>> {
  const { maxMessageBytes } = context.services.limits
  const wanted = blobsOf(draft.root)
  const found = new Map<string, BlobPlace>()
  const notFound: string[] = []
  for (const given of new Set(wanted)) {
    const place = await ownBlob(given, context)
    if (place === undefined) notFound.push(given)
    else found.set(given, place)
  }
  if (notFound.length > 0) throw new SetError({ type: 'blobNotFound', notFound })
  const size = wanted.reduce((sum, given) => sum + (found.get(given)?.size ?? 0), 0)
  if (size > maxMessageBytes) throw new SetError({ type: 'tooLarge', maxSize: maxMessageBytes })
  return found
}
