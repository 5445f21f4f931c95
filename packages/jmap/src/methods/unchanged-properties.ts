import type { EmailId } from '@gatepost/core'

import { bodyPartProperties } from '../mail/body-part-view.ts'
import { isEmailProperty, readEmailProperties } from '../mail/email-properties.ts'
import { unescapeToken } from '../protocol/json-pointer.ts'
import { isObject } from '../protocol/request-object.ts'
import { SetError } from '../protocol/set-error.ts'
import type { CallContext } from './call-context.ts'
import { viewStoredEmail } from './stored-email.ts'

const maxProperties = 200

/**
 * A patch without the properties that cannot be changed and are as they were: clients may send the whole Email back (RFC 8620 section 5.3).
 * @throws SetError notFound; BudgetExceeded, MailError
 */
export async function withoutUnchanged(
  patch: unknown,
  id: EmailId,
  context: CallContext,
): Promise<unknown> {
  if (!isObject(patch)) return patch
  const names = new Map(
    Object.keys(patch)
      .filter((path) => !/^(?:keywords|mailboxIds)$|\//.test(path))
      .map((path) => [path, unescapeToken(path)]),
  )
  const properties = [...names.values()].filter(isEmailProperty).slice(0, maxProperties)
  if (properties.length === 0) return patch
  const bodyProperties = [...bodyPartProperties]
  const wanted = readEmailProperties({ properties, bodyProperties, fetchAllBodyValues: true })
  const view = await viewStoredEmail(id, wanted, context)
  if (view === undefined) throw new SetError({ type: 'notFound' })
  const changed = Object.entries(patch).filter(([path, value]) => {
    const name = names.get(path)
    return name === undefined || !Object.hasOwn(view, name) || !isPartOf(value, view[name])
  })
  return Object.fromEntries(changed)
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
