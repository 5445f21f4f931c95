import { isDeepStrictEqual } from 'node:util'

import {
  MailError,
  mailboxRoles,
  type Mailbox,
  type MailboxId,
  type MailOp,
  type MailOpResult,
} from '@gatepost/core'
import { z } from 'zod'

import { capabilities } from '../protocol/request-object.ts'
import { invalidProperties, SetError } from '../protocol/set-error.ts'
import { idOrReferenceSchema, readArguments } from './arguments.ts'
import type { CallContext } from './call-context.ts'
import { changeAll, written, type Written } from './change-all.ts'
import { viewMailbox } from './mailbox-view.ts'
import type { Method } from './method.ts'
import { existingId, objectOf, readProperties, setShape, SetRun } from './standard-set.ts'

const schema = z.strictObject({ ...setShape, onDestroyRemoveEmails: z.boolean().optional() })

const unitsPerPatch = 4096

type UpdateMailbox = Extract<MailOp, { op: 'updateMailbox' }>

const changeable = {
  name: z.string().min(1).max(1000),
  parentId: idOrReferenceSchema.nullable(),
  role: z.enum(mailboxRoles).nullable(),
  sortOrder: z
    .int()
    .min(0)
    .max(2 ** 31 - 1),
  isSubscribed: z.boolean(),
}
const creationSchema = z.strictObject({
  name: changeable.name,
  parentId: changeable.parentId.optional(),
  role: changeable.role.optional(),
  sortOrder: changeable.sortOrder.optional(),
  isSubscribed: changeable.isSubscribed.optional(),
})
const patchSchema = z.strictObject(changeable).partial()

// RFC 8621 section 2.5
export const mailboxSet: Method = {
  capability: capabilities.mail,
  writes: true,
  run: async (args, context) => {
    const parsed = readArguments(schema, args)
    const run = await SetRun.begin(parsed, context, 'parentId')
    for (const [creationId, object] of parentsFirst(parsed.create ?? {}))
      await run.create(creationId, () => createMailbox(object, run))
    await updateMailboxes(parsed.update ?? {}, run)
    const removeEmails = parsed.onDestroyRemoveEmails ?? false
    for (const key of await childrenFirst(parsed.destroy ?? [], context))
      await run.destroy(key, () => destroyMailbox(key, removeEmails, run))
    return { args: await run.answer(), isCharged: true }
  },
}

async function createMailbox(object: unknown, run: SetRun): Promise<{ id: string }> {
  const { name, parentId = null, ...given } = readProperties(creationSchema, object)
  // RFC 8621 section 2: mailboxes of shared accounts are not subscribed to, but for those that somebody makes.
  const rest = run.context.served.isPersonal ? given : { isSubscribed: true, ...given }
  const place = { name, parentId: resolveParent(parentId, run.context) }
  const op = { op: 'createMailbox', ...place, ...withoutUndefined(rest) } as const
  return viewMailbox(await writeNamed(op, place, run), run.context.served)
}

async function updateMailboxes(
  update: Readonly<Record<string, unknown>>,
  run: SetRun,
): Promise<void> {
  const { context } = run
  const ids = new Set(Object.keys(update).flatMap((key) => context.resolveId(key) ?? []))
  const found =
    ids.size === 0
      ? []
      : await context.read(context.account.id, ({ mailboxes }) =>
          mailboxes.get([...ids] as MailboxId[]),
        )
  const byId = new Map<string, Mailbox>(found.map((mailbox) => [mailbox.id, mailbox]))
  const readUpdate = (key: string, patch: unknown): UpdateMailbox => {
    const mailbox = byId.get(existingId(key, context))
    if (mailbox === undefined) throw new SetError({ type: 'notFound' })
    return updateOp(mailbox, patch, context)
  }
  const updates = new Map<string, Written<UpdateMailbox>>()
  for (const [key, patch] of Object.entries(update)) {
    await context.budget.work(unitsPerPatch)
    updates.set(
      key,
      written(() => readUpdate(key, patch)),
    )
  }
  await changeAll(run, {
    updates,
    destroys: new Map(),
    write: (op) => {
      const { name = '', parentId = null } = { ...byId.get(op.mailboxId), ...op }
      return writeNamed(op, { name, parentId }, run)
    },
  })
}

function updateOp(mailbox: Mailbox, object: unknown, context: CallContext): UpdateMailbox {
  // RFC 8620 section 5.3: what only the server sets may be there, unchanged.
  const view: Readonly<Record<string, unknown>> = { ...viewMailbox(mailbox, context.served) }
  const changed = Object.entries(objectOf(object)).filter(
    ([property, value]) => !isDeepStrictEqual(value, view[property]),
  )
  const { parentId, ...rest } = readProperties(patchSchema, Object.fromEntries(changed))
  return {
    op: 'updateMailbox',
    mailboxId: mailbox.id,
    ...withoutUndefined(rest),
    ...(parentId === undefined ? {} : { parentId: resolveParent(parentId, context) }),
  }
}

/** @throws SetError alreadyExists, with the id of the mailbox that has the name; MailError */
async function writeNamed<const Op extends MailOp>(
  op: Op,
  { name, parentId }: Pick<Mailbox, 'name' | 'parentId'>,
  run: SetRun,
): Promise<MailOpResult<Op>> {
  try {
    return await run.write(op)
  } catch (error) {
    if (!(error instanceof MailError) || error.code !== 'mailbox.exists') throw error
    const sameName =
      parentId === null && isInbox(name) ? isInbox : (other: string) => other === name
    const all = await run.context.read(run.context.account.id, ({ mailboxes }) => mailboxes.list())
    const existing = all.find((one) => one.parentId === parentId && sameName(one.name))
    throw new SetError({
      type: 'alreadyExists',
      description: error.publicText,
      ...(existing === undefined ? {} : { existingId: existing.id }),
    })
  }
}

/** RFC 3501 section 5.1 */
function isInbox(name: string): boolean {
  return name.toLowerCase() === 'inbox'
}

type WithoutUndefined<T> = { [K in keyof T]?: Exclude<T[K], undefined> }
function withoutUndefined<T extends object>(object: T): WithoutUndefined<T> {
  return Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as WithoutUndefined<T>
}

async function destroyMailbox(key: string, removeEmails: boolean, run: SetRun): Promise<void> {
  const mailboxId = existingId(key, run.context) as MailboxId
  try {
    await run.write({ op: 'destroyMailbox', mailboxId, removeEmails })
  } catch (error) {
    const isGone = error instanceof MailError && error.code === 'mailbox.notFound'
    throw isGone ? new SetError({ type: 'notFound' }) : error
  }
}

function resolveParent(parentId: string | null, context: CallContext): MailboxId | null {
  if (parentId === null) return null
  const id = context.resolveId(parentId)
  if (id === undefined) throw invalidProperties(['parentId'], 'No such creation id')
  return id as MailboxId
}

/** A mailbox may name one that the same call creates as its parent, in any order (RFC 8620 section 5.3). */
function parentsFirst(create: Readonly<Record<string, unknown>>): [string, unknown][] {
  const waiting = new Map(Object.entries(create))
  const ordered: [string, unknown][] = []
  function take(creationId: string, depth: number): void {
    const object = waiting.get(creationId)
    if (!waiting.delete(creationId) || depth > 1000) return
    const parent =
      typeof object === 'object' && object !== null && 'parentId' in object ? object.parentId : null
    if (typeof parent === 'string' && parent.startsWith('#')) take(parent.slice(1), depth + 1)
    ordered.push([creationId, object])
  }
  for (const creationId of Object.keys(create)) take(creationId, 0)
  return ordered
}

async function childrenFirst(keys: readonly string[], context: CallContext): Promise<string[]> {
  if (keys.length < 2) return [...keys]
  const all = await context.read(context.account.id, ({ mailboxes }) => mailboxes.list())
  const parents = new Map(all.map(({ id, parentId }) => [id, parentId]))
  const depthOf = (key: string): number => {
    let depth = 0
    let id: MailboxId | null | undefined = context.resolveId(key) as MailboxId | undefined
    for (; id !== null && id !== undefined && depth < 100; id = parents.get(id)) depth++
    return depth
  }
  const depths = new Map(keys.map((key) => [key, depthOf(key)]))
  return [...depths.keys()].toSorted((a, b) => (depths.get(b) ?? 0) - (depths.get(a) ?? 0))
}
