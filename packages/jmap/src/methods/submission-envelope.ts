import { maySendAsAll, parseAddress } from '@gatepost/core'
import { authorProblemText, findAuthorProblem, type AuthorField } from '@gatepost/mime'
import { z } from 'zod'

import type { OutgoingHeader } from '../compose/outgoing.ts'
import { invalidProperties, SetError } from '../protocol/set-error.ts'
import type { CallContext } from './call-context.ts'
import type { OwnAddress } from './identities.ts'

const addressSchema = z.strictObject({
  email: z.string().max(320),
  /** RFC 8621 section 7: SMTP extensions; we announce none. */
  parameters: z.strictObject({}).nullish(),
})
const envelopeSchema: z.ZodType<WrittenEnvelope> = z.strictObject({
  mailFrom: addressSchema,
  rcptTo: z.array(addressSchema).max(10_000),
})
interface WrittenAddress {
  readonly email: string
  readonly parameters?: Readonly<Record<string, never>> | null | undefined
}
export interface WrittenEnvelope {
  readonly mailFrom: WrittenAddress
  readonly rcptTo: readonly WrittenAddress[]
}

/** Checked, each recipient once; local parts are spelled as they were written (RFC 5321 section 2.4). */
export interface SubmissionEnvelope {
  readonly mailFrom: string
  readonly rcptTo: readonly string[]
}

/** RFC 8621 section 7.5. @throws SetError forbiddenMailFrom, noRecipients, invalidRecipients, tooManyRecipients */
export async function settleEnvelope(
  header: OutgoingHeader,
  written: WrittenEnvelope | null,
  identity: OwnAddress,
  context: CallContext,
): Promise<SubmissionEnvelope> {
  const own = header.sender ?? header.from[0] ?? ''
  const mailFrom =
    written?.mailFrom.email ?? ((await maySend([own], context)) ? own : identity.email)
  if (!(await maySend([mailFrom], context)))
    throw new SetError({ type: 'forbiddenMailFrom', description: 'Not an address of yours' })
  const recipients = written?.rcptTo.map(({ email }) => email) ?? header.recipients
  return {
    mailFrom: parseAddress(mailFrom)?.spelled ?? mailFrom,
    rcptTo: readRecipients(recipients, context),
  }
}

/** The rule of SMTP submission: the envelope alone protects nobody who reads the header. @throws SetError forbiddenFrom, invalidEmail */
export async function checkAuthors(content: Uint8Array, context: CallContext): Promise<void> {
  const areOwn = (authors: readonly string[]): Promise<boolean> => maySend(authors, context)
  const problem = await findAuthorProblem(content, { areOwn, allowsUtf8: true })
  if (problem === undefined) return
  const description = authorProblemText(problem)
  if (problem.kind === 'foreign') throw new SetError({ type: 'forbiddenFrom', description })
  const properties = 'field' in problem ? [propertyOf(problem.field)] : ['headers']
  throw new SetError({ type: 'invalidEmail', properties, description })
}

function propertyOf(field: AuthorField): string {
  return field === 'From' || field === 'Sender' ? field.toLowerCase() : `header:${field}`
}

function maySend(emails: readonly string[], { services, account }: CallContext): Promise<boolean> {
  return maySendAsAll(services.directory, account.id, emails)
}

function readRecipients(written: readonly string[], context: CallContext): string[] {
  const { maxRecipients } = context.services.limits
  if (written.length === 0) throw new SetError({ type: 'noRecipients' })
  if (written.length > maxRecipients)
    throw new SetError({ type: 'tooManyRecipients', maxRecipients })
  const parsed = written.map((email) => ({ email, address: parseAddress(email) }))
  const invalid = parsed.filter(({ address }) => address === undefined).map(({ email }) => email)
  if (invalid.length > 0)
    throw new SetError({ type: 'invalidRecipients', invalidRecipients: invalid })
  const addresses = parsed.flatMap(({ address }) => address ?? [])
  return [...new Map(addresses.map(({ address, spelled }) => [address, spelled])).values()]
}

/** @throws SetError invalidProperties */
export function readWrittenEnvelope(value: unknown): WrittenEnvelope | null {
  if (value === undefined || value === null) return null
  const result = envelopeSchema.safeParse(value)
  if (result.success) return result.data
  throw invalidProperties(['envelope'], result.error.issues[0]?.message ?? '')
}
