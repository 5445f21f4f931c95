import { randomBytes } from 'node:crypto'

import type { EmailId } from '@gatepost/core'
import { z } from 'zod'

import type { Cost } from '../budget/request-budget.ts'
import { outgoingContent, readOutgoingHeader } from '../compose/outgoing.ts'
import { weigh } from '../json/weigh.ts'
import { joined, readBlob } from '../mail/blob-content.ts'
import { utcDate } from '../mail/jmap-date.ts'
import { MethodError } from '../protocol/method-error.ts'
import { capabilities } from '../protocol/request-object.ts'
import { invalidProperties, SetError } from '../protocol/set-error.ts'
import { anyObjectSchema, idOrReferenceSchema, readArguments } from './arguments.ts'
import type { CallContext } from './call-context.ts'
import { ownAddresses } from './identities.ts'
import type { Method } from './method.ts'
import { readProperties, setShape, SetRun } from './standard-set.ts'
import {
  checkAuthors,
  readWrittenEnvelope,
  settleEnvelope,
  type SubmissionEnvelope,
} from './submission-envelope.ts'

const schema = z.strictObject({
  ...setShape,
  onSuccessUpdateEmail: anyObjectSchema.nullish(),
  onSuccessDestroyEmail: z.array(idOrReferenceSchema).nullish(),
})
const creationSchema = z.strictObject({
  identityId: idOrReferenceSchema,
  emailId: idOrReferenceSchema,
  envelope: z.unknown().optional(),
})

type ImpliedArguments = Pick<
  z.infer<typeof schema>,
  'onSuccessUpdateEmail' | 'onSuccessDestroyEmail'
>

/** Submissions are not kept: this is their one state. */
export const submissionState = '0'

// RFC 8621 section 7.5
export const submissionSet: Method = {
  capability: capabilities.submission,
  run: async (args, context) => {
    const { ifInState, ...parsed } = readArguments(schema, args)
    if (ifInState !== undefined && ifInState !== null && ifInState !== submissionState)
      throw new MethodError('stateMismatch')
    const run = await SetRun.begin(parsed, context, 'mailboxIds')
    using reserved = new DisposableStack()
    // What follows a submission is paid for before anything is sent.
    reserved.use(context.budget.reserve(impliedCost(parsed)))
    /** Creation id and id of a submission that went out, to the email it sent. */
    const sent = new Map<string, EmailId>()
    for (const [creationId, object] of Object.entries(parsed.create ?? {}))
      await run.create(creationId, async () => {
        const { emailId, ...made } = await submit(object, context)
        sent.set(`#${creationId}`, emailId)
        return made
      })
    for (const id of Object.keys(parsed.update ?? {})) await run.update(id, gone)
    for (const id of parsed.destroy ?? []) await run.destroy(id, gone)
    const answer = { ...(await run.answer(submissionState)), oldState: submissionState }
    const changes = implicitSet(parsed, sent)
    if (changes === undefined) return { args: answer, isCharged: true }
    return {
      args: answer,
      isCharged: true,
      implied: { name: 'Email/set', args: { accountId: parsed.accountId, ...changes } },
    }
  },
}

function impliedCost(args: ImpliedArguments): Cost {
  const changes =
    Object.keys(args.onSuccessUpdateEmail ?? {}).length + (args.onSuccessDestroyEmail?.length ?? 0)
  return { nodes: changes * 32, answer: changes * 1024 }
}

function gone(): never {
  throw new SetError({ type: 'notFound' })
}

/** What is to be done to the emails that went out; undefined: nothing. */
function implicitSet(
  args: ImpliedArguments,
  sent: ReadonlyMap<string, EmailId>,
): { update: Record<string, unknown>; destroy: string[] } | undefined {
  const update = Object.fromEntries(
    Object.entries(args.onSuccessUpdateEmail ?? {}).flatMap(([key, patch]) => {
      const emailId = sent.get(key)
      return emailId === undefined ? [] : [[emailId, patch]]
    }),
  )
  const destroy = (args.onSuccessDestroyEmail ?? []).flatMap((key) => sent.get(key) ?? [])
  return Object.keys(update).length + destroy.length === 0 ? undefined : { update, destroy }
}

interface SentSubmission {
  readonly id: string
  readonly emailId: EmailId
  readonly threadId: string
  readonly sendAt: string
}

async function submit(value: unknown, context: CallContext): Promise<SentSubmission> {
  const object = readProperties(creationSchema, value)
  const identityId = context.resolveId(object.identityId)
  const identity = (await ownAddresses(context)).find(({ id }) => id === identityId)
  if (identity === undefined) throw invalidProperties(['identityId'], 'No such identity')
  const written = readWrittenEnvelope(object.envelope)
  const { email, content } = await readEmail(context.resolveId(object.emailId), context)
  await checkAuthors(content, context)
  // As over SMTP: not all servers take it.
  if (content.includes(0))
    throw new SetError({
      type: 'invalidEmail',
      properties: ['blobId'],
      description: 'The message has a NUL octet',
    })
  const envelope = await settleEnvelope(readOutgoingHeader(content), written, identity, context)
  const defaults = submissionDefaults(envelope)
  await weigh(defaults, context.budget, true)
  await send(content, envelope, context)
  return {
    id: `S${randomBytes(12).toString('base64url')}`,
    emailId: email.id,
    threadId: email.threadId,
    ...defaults,
    sendAt: utcDate(Math.floor(context.services.clock.now() / 1000) * 1000),
  }
}

/** What the server sets, beyond id and time. */
function submissionDefaults(envelope: SubmissionEnvelope): object {
  return {
    envelope: {
      mailFrom: envelopeAddress(envelope.mailFrom),
      rcptTo: envelope.rcptTo.map(envelopeAddress),
    },
    undoStatus: 'final',
    deliveryStatus: null,
    dsnBlobIds: [],
    mdnBlobIds: [],
  }
}

function envelopeAddress(email: string): object {
  return { email, parameters: null }
}

async function readEmail(
  id: string | undefined,
  context: CallContext,
): Promise<{ email: { id: EmailId; threadId: string }; content: Buffer }> {
  const [email] = await context.read(context.account.id, ({ emails }) =>
    emails.get(id === undefined ? [] : [id as EmailId]),
  )
  if (email === undefined) throw invalidProperties(['emailId'], 'No such email')
  const { maxMessageBytes } = context.services.limits
  if (email.size > maxMessageBytes)
    throw new SetError({ type: 'tooLarge', maxSize: maxMessageBytes })
  const { blobId, size } = email
  const place = { kind: 'whole', blobId, read: context.blobs.rangeOf(blobId), size } as const
  const content = await readBlob(place, context.budget)
  return { email: { id: email.id, threadId: email.threadId }, content }
}

async function send(
  content: Buffer,
  envelope: SubmissionEnvelope,
  context: CallContext,
): Promise<void> {
  const { intake, hostname, clock } = context.services
  const reversePath = envelope.mailFrom
  const pieces = outgoingContent(content, { reversePath, hostname, now: clock.now() })
  const message = {
    accountId: context.account.id,
    content: await joined(pieces, context.budget),
    reversePath,
    recipients: envelope.rcptTo.map((address) => ({
      address,
      notify: [],
      originalRecipient: null,
    })),
    envelopeId: null,
    dsnReturn: 'headers',
    isTlsRequired: false,
    notBefore: context.outgoing.heldUntil(),
    mayMoveContent: true,
  } as const
  const result = await context.budget.aside(() => intake.submit(message))
  if (result.kind === 'accepted') {
    context.outgoing.sent(envelope.rcptTo.length)
    return
  }
  if (result.reason === 'overQuota')
    throw new SetError({
      type: 'overQuota',
      description: `The mailbox of ${result.address} is full`,
    })
  throw new SetError({ type: 'invalidRecipients', invalidRecipients: [result.address] })
}
