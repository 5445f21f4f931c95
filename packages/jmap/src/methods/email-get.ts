import type { EmailId } from '@gatepost/core'
import { z } from 'zod'

import { readEmailProperties } from '../mail/email-properties.ts'
import { MethodError } from '../protocol/method-error.ts'
import { capabilities } from '../protocol/request-object.ts'
import { readArguments } from './arguments.ts'
import { emailShape } from './email-shape.ts'
import type { Method } from './method.ts'
import { getShape, normaliseGet } from './standard-get.ts'
import { viewStoredEmails } from './stored-email.ts'

const schema = z.strictObject({ ...getShape, ...emailShape })

// RFC 8621 section 4.2
export const emailGet: Method = {
  capability: capabilities.mail,
  run: async (args, context) => {
    const parsed = readArguments(schema, args)
    const { accountId, ids } = normaliseGet(parsed, context)
    if (ids === null) throw new MethodError('requestTooLarge', 'Name the ids')
    const properties = parsed.properties && ['id', ...parsed.properties]
    const wanted = readEmailProperties({ ...parsed, properties })
    // The state before the first: what changes meanwhile is told again by /changes.
    const state = await context.read(accountId, (reader) => String(reader.state))
    const list: Record<string, unknown>[] = []
    const notFound: string[] = []
    await context.budget.step({ nodes: ids.length, answer: lengthOf(ids) })
    const asked = ids.map((id) => ({ id: id as EmailId, wanted }))
    for await (const [{ id }, view] of viewStoredEmails(asked, context)) {
      if (view === undefined) notFound.push(id)
      else list.push(view)
    }
    return { args: { accountId, state, list, notFound }, isCharged: true }
  },
}

/** With quotes and commas. */
function lengthOf(ids: readonly string[]): number {
  return ids.reduce((sum, { length }) => sum + length + 4, 0)
}
