import { isDeepStrictEqual } from 'node:util'

import { z } from 'zod'

import { addressesSchema } from '../compose/draft-header.ts'
import { MethodError } from '../protocol/method-error.ts'
import { capabilities } from '../protocol/request-object.ts'
import { SetError } from '../protocol/set-error.ts'
import { readArguments } from './arguments.ts'
import {
  accountStateIn,
  defaultSettings,
  identityOf,
  identityState,
  identityType,
  type IdentitySettings,
  type OwnAddress,
  ownAddresses,
} from './identities.ts'
import type { Method } from './method.ts'
import { existingId, objectOf, readProperties, setShape, SetRun } from './standard-set.ts'

const schema = z.strictObject(setShape)

const addresses = addressesSchema.nullable()
/** Together they are bounded by the record that keeps them. */
const signature = z.string().max(65_536).nullable()
const patchSchema = z
  .strictObject({
    name: z.string().max(1000).nullable(),
    replyTo: addresses,
    bcc: addresses,
    textSignature: signature,
    htmlSignature: signature,
  })
  .partial()

/** Checking, comparing and writing settings of the largest size. */
const unitsPerUpdate = 65_536

/** RFC 8621 section 6.3. Nothing is created or destroyed, since the administrator makes the addresses. */
export const identitySet: Method = {
  capability: capabilities.submission,
  run: async (args, context) => {
    const parsed = readArguments(schema, args)
    context.checkAccount(parsed.accountId)
    const own = await ownAddresses(context)
    const byId = new Map(own.map((address) => [address.id, address]))
    const find = (key: string): OwnAddress => {
      const found = byId.get(existingId(key, context))
      if (found === undefined) throw new SetError({ type: 'notFound' })
      return found
    }
    const ifInState = expectedState(parsed.ifInState ?? null, own)
    const run = await SetRun.begin({ ...parsed, ifInState }, context, 'mailboxIds')
    for (const key of Object.keys(parsed.create ?? {})) await run.create(key, async () => forbid())
    for (const [key, patch] of Object.entries(parsed.update ?? {}))
      await run.update(key, () => updateIdentity(find(key), patch, run))
    for (const key of parsed.destroy ?? [])
      await run.destroy(key, () => {
        find(key)
        forbid()
      })
    const oldState = identityState(run.oldState, own)
    const newState = identityState(await context.state(), own)
    return { args: { ...(await run.answer(newState)), oldState }, isCharged: true }
  },
}

/** @throws MethodError stateMismatch */
function expectedState(ifInState: string | null, own: readonly OwnAddress[]): string | null {
  if (ifInState === null) return null
  const state = accountStateIn(ifInState, own)
  if (state === undefined) throw new MethodError('stateMismatch')
  return state
}

function forbid(): never {
  throw new SetError({
    type: 'forbidden',
    description: 'Identities come and go with the addresses of the account',
  })
}

async function updateIdentity(own: OwnAddress, object: unknown, run: SetRun): Promise<void> {
  const given = Object.entries(objectOf(object))
  await run.context.budget.work(unitsPerUpdate)
  await run.writeSeen(async ({ records }) => {
    const [record] = await records.get(identityType, [own.id])
    const identity = identityOf(own, record)
    // RFC 8620 section 5.3: what only the server sets may be there, unchanged.
    const view: Readonly<Record<string, unknown>> = { ...identity }
    const changed = given.filter(([property, value]) => !isDeepStrictEqual(value, view[property]))
    const patch = readProperties(patchSchema, Object.fromEntries(changed))
    const body = settingsAfter(identity, patch)
    return { op: 'putRecord', type: identityType, id: own.id, body: { ...body } }
  })
}

function settingsAfter(
  before: IdentitySettings,
  patch: z.infer<typeof patchSchema>,
): IdentitySettings {
  const { name, replyTo, bcc, textSignature, htmlSignature } = defaultSettings
  return {
    name: after(patch.name, before.name, name),
    replyTo: after(patch.replyTo, before.replyTo, replyTo),
    bcc: after(patch.bcc, before.bcc, bcc),
    textSignature: after(patch.textSignature, before.textSignature, textSignature),
    htmlSignature: after(patch.htmlSignature, before.htmlSignature, htmlSignature),
  }
}

/** RFC 8620 section 5.3: null is the default. */
function after<T>(given: T | null | undefined, before: T, otherwise: T): T {
  return given === undefined ? before : (given ?? otherwise)
}
