import { z } from 'zod'

import { weigh } from '../json/weigh.ts'
import { capabilities } from '../protocol/request-object.ts'
import { readArguments } from './arguments.ts'
import type { CallContext } from './call-context.ts'
import {
  type Identity,
  identityOf,
  identityState,
  identityType,
  type OwnAddress,
  ownAddresses,
} from './identities.ts'
import type { Method } from './method.ts'
import { checkProperties, getShape, normaliseGet, pick } from './standard-get.ts'

const properties: ReadonlySet<string> = new Set<keyof Identity>([
  'id',
  'name',
  'email',
  'replyTo',
  'bcc',
  'textSignature',
  'htmlSignature',
  'mayDelete',
])
const schema = z.strictObject(getShape)

/** Read in one go: half a megabyte at most. */
const slice = 8
const unitsPerIdentity = 16_384

// RFC 8621 section 6.1
export const identityGet: Method = {
  capability: capabilities.submission,
  run: async (args, context) => {
    const parsed = normaliseGet(readArguments(schema, args), context)
    context.checkAccount(parsed.accountId)
    checkProperties(parsed.properties, properties)
    const own = await ownAddresses(context)
    const byId = new Map(own.map((address) => [address.id, address]))
    const asked = parsed.ids === null ? own : parsed.ids.flatMap((id) => byId.get(id) ?? [])
    // The state before the first: what changes meanwhile is told again by /changes.
    const rest = {
      accountId: parsed.accountId,
      state: identityState(await context.state(), own),
      notFound: parsed.ids?.filter((id) => !byId.has(id)) ?? [],
    }
    await weigh(rest, context.budget, true)
    const list: object[] = []
    for (let from = 0; from < asked.length; from += slice) {
      const some = await readIdentities(asked.slice(from, from + slice), context)
      const picked = some.map((identity) => pick(identity, parsed.properties))
      await weigh(picked, context.budget, true)
      list.push(...picked)
    }
    return { args: { ...rest, list }, isCharged: true }
  },
}

async function readIdentities(
  own: readonly OwnAddress[],
  context: CallContext,
): Promise<Identity[]> {
  await context.budget.work(own.length * unitsPerIdentity)
  const records = await context.read(context.account.id, (reader) =>
    reader.records.get(
      identityType,
      own.map(({ id }) => id),
    ),
  )
  const byId = new Map(records.map((record) => [record.id, record]))
  return own.map((address) => identityOf(address, byId.get(address.id)))
}
