import { createHash } from 'node:crypto'

import { z } from 'zod'

import { MethodError } from '../protocol/method-error.ts'
import { capabilities } from '../protocol/request-object.ts'
import { SetError } from '../protocol/set-error.ts'
import { idSchema, readArguments } from './arguments.ts'
import type { CallContext } from './call-context.ts'
import type { Method } from './method.ts'
import { checkProperties, getShape, normaliseGet } from './standard-get.ts'
import { setShape, SetRun } from './standard-set.ts'

/** RFC 8621 section 6. */
export interface Identity {
  readonly id: string
  readonly name: string
  readonly email: string
  readonly replyTo: null
  readonly bcc: null
  readonly textSignature: string
  readonly htmlSignature: string
  readonly mayDelete: boolean
}

/** One for each address of the account: they come from the directory and are not the client's to change. */
export async function identitiesOf(context: CallContext): Promise<Identity[]> {
  const addresses = await context.services.directory.addressesOf(context.account.id)
  return addresses.map((email) => ({
    id: `I${createHash('sha256').update(email).digest('base64url').slice(0, 20)}`,
    name: '',
    email,
    replyTo: null,
    bcc: null,
    textSignature: '',
    htmlSignature: '',
    mayDelete: false,
  }))
}

function stateOf(identities: readonly Identity[]): string {
  const ids = identities.map(({ id }) => id).join(' ')
  return createHash('sha256').update(ids).digest('base64url').slice(0, 16)
}

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
const getSchema = z.strictObject(getShape)

// RFC 8621 section 6.1
export const identityGet: Method = {
  capability: capabilities.submission,
  run: async (args, context) => {
    const parsed = normaliseGet(readArguments(getSchema, args), context)
    context.checkAccount(parsed.accountId)
    checkProperties(parsed.properties, properties)
    const all = await identitiesOf(context)
    const byId = new Map(all.map((identity) => [identity.id, identity]))
    const found = parsed.ids === null ? all : parsed.ids.flatMap((id) => byId.get(id) ?? [])
    const wanted = new Set(['id', ...(parsed.properties ?? properties)])
    const list = found.map((identity) =>
      Object.fromEntries(Object.entries(identity).filter(([name]) => wanted.has(name))),
    )
    const notFound = parsed.ids?.filter((id) => !byId.has(id)) ?? []
    return { args: { accountId: parsed.accountId, state: stateOf(all), list, notFound } }
  },
}

const changesSchema = z.strictObject({
  accountId: idSchema,
  sinceState: z.string().max(64),
  maxChanges: z.int().min(1).nullish(),
})

// RFC 8621 section 6.2
export const identityChanges: Method = {
  capability: capabilities.submission,
  run: async (args, context) => {
    const { accountId, sinceState } = readArguments(changesSchema, args)
    context.checkAccount(accountId)
    if (sinceState !== stateOf(await identitiesOf(context)))
      throw new MethodError('cannotCalculateChanges')
    return { args: noChanges(accountId, sinceState) }
  },
}

export function noChanges(accountId: string, state: string): object {
  return {
    accountId,
    oldState: state,
    newState: state,
    hasMoreChanges: false,
    created: [],
    updated: [],
    destroyed: [],
  }
}

const setSchema = z.strictObject(setShape)

/** RFC 8621 section 6.3: every change is refused, since the administrator makes the addresses. */
export const identitySet: Method = {
  capability: capabilities.submission,
  run: async (args, context) => {
    const { ifInState, ...parsed } = readArguments(setSchema, args)
    const identities = await identitiesOf(context)
    const state = stateOf(identities)
    if (ifInState !== undefined && ifInState !== null && ifInState !== state)
      throw new MethodError('stateMismatch')
    const run = await SetRun.begin(parsed, context, 'mailboxIds')
    const refuse = (id?: string): never => {
      const isKnown = id === undefined || identities.some((identity) => identity.id === id)
      throw new SetError({ type: isKnown ? 'forbidden' : 'notFound' })
    }
    for (const key of Object.keys(parsed.create ?? {})) await run.create(key, async () => refuse())
    for (const id of Object.keys(parsed.update ?? {})) await run.update(id, () => refuse(id))
    for (const id of parsed.destroy ?? []) await run.destroy(id, () => refuse(id))
    return { args: { ...(await run.answer(state)), oldState: state }, isCharged: true }
  },
}
