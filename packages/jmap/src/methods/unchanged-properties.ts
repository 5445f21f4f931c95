import type { EmailId } from '@gatepost/core'

import { bodyPartProperties } from '../mail/body-part-view.ts'
import {
  isEmailProperty,
  readEmailProperties,
  type EmailProperties,
} from '../mail/email-properties.ts'
import { unescapeToken } from '../protocol/json-pointer.ts'
import { isObject } from '../protocol/request-object.ts'
import type { CallContext } from './call-context.ts'
import { viewStoredEmails, type AskedEmail } from './stored-email.ts'

const maxProperties = 200

/** What is to become of an email, as the client wrote it. */
export interface PatchedEmail {
  readonly id: EmailId
  readonly patch: unknown
}

/**
 * Patches without the properties that cannot be changed and are as they were: clients may send the whole Email back (RFC 8620 section 5.3). Each with what it
 * came from; undefined where its email was looked for and is not there. Those that name nothing of the kind cost nothing. In any order.
 * @throws BudgetExceeded, MailError
 */
export async function* withoutUnchanged<Given extends PatchedEmail>(
  given: readonly Given[],
  context: CallContext,
): AsyncGenerator<readonly [Given, unknown]> {
  const asked: (AskedEmail & { readonly given: Given; readonly patch: object })[] = []
  for (const one of given) {
    const wanted = unchangeableOf(one.patch)
    if (wanted === undefined || !isObject(one.patch)) yield [one, one.patch]
    else asked.push({ id: one.id, wanted, given: one, patch: one.patch })
  }
  for await (const [{ given: one, patch }, view] of viewStoredEmails(asked, context))
    yield [one, view && Object.fromEntries(changedIn(patch, view))]
}

/** The properties of an Email that a patch names and that cannot be patched; undefined: none. */
function unchangeableOf(patch: unknown): EmailProperties | undefined {
  if (!isObject(patch)) return undefined
  const properties = Object.keys(patch)
    .filter((path) => !isPatchable(path))
    .map(unescapeToken)
    .filter(isEmailProperty)
    .slice(0, maxProperties)
  if (properties.length === 0) return undefined
  const bodyProperties = [...bodyPartProperties]
  return readEmailProperties({ properties, bodyProperties, fetchAllBodyValues: true })
}

function isPatchable(path: string): boolean {
  return /^(?:keywords|mailboxIds)$|\//.test(path)
}

function changedIn(
  patch: object,
  view: Readonly<Record<string, unknown>>,
): (readonly [path: string, value: unknown])[] {
  return Object.entries(patch).filter(([path, value]) => {
    const name = unescapeToken(path)
    return isPatchable(path) || !Object.hasOwn(view, name) || !isPartOf(value, view[name])
  })
}

/** Which properties of its parts an Email has was for the client to say when it asked for it. */
function isPartOf(given: unknown, actual: unknown): boolean {
  if (Array.isArray(given))
    return (
      Array.isArray(actual) &&
      given.length === actual.length &&
      given.every((item, at) => isPartOf(item, actual[at]))
    )
  if (!isObject(given)) return given === actual
  return (
    isObject(actual) &&
    Object.entries(given).every(
      ([name, value]) => Object.hasOwn(actual, name) && isPartOf(value, actual[name]),
    )
  )
}
