import {
  MailError,
  type MailOp,
  type MailOpResult,
  type MailReader,
  type ModSeq,
} from '@gatepost/core'
import { z } from 'zod'

import { BudgetExceeded } from '../budget/request-budget.ts'
import { isId } from '../protocol/jmap-id.ts'
import { toMethodError, toSetError } from '../protocol/mail-error-mapping.ts'
import { MethodError } from '../protocol/method-error.ts'
import { isObject } from '../protocol/request-object.ts'
import { invalidProperties, SetError, type SetErrorObject } from '../protocol/set-error.ts'
import { anyObjectSchema, idSchema, idOrReferenceSchema, readState } from './arguments.ts'
import type { CallContext } from './call-context.ts'

export interface SetArguments {
  readonly accountId: string
  readonly ifInState?: string | null | undefined
  readonly create?: Readonly<Record<string, unknown>> | null | undefined
  readonly update?: Readonly<Record<string, unknown>> | null | undefined
  readonly destroy?: readonly string[] | null | undefined
}

/** The arguments that every /set has (RFC 8620 section 5.3). */
export const setShape: {
  readonly accountId: z.ZodType<string>
  readonly ifInState: z.ZodType<string | null | undefined>
  readonly create: z.ZodType<Record<string, unknown> | null | undefined>
  readonly update: z.ZodType<Record<string, unknown> | null | undefined>
  readonly destroy: z.ZodType<string[] | null | undefined>
} = {
  accountId: idSchema,
  ifInState: z.string().max(64).nullish(),
  create: anyObjectSchema.nullish(),
  update: anyObjectSchema.nullish(),
  destroy: z.array(idOrReferenceSchema).nullish(),
}

const nodesPerObject = 16
const answerPerObject = 512
/** Reading an object, which may be refused for what it is. */
const unitsPerObject = 4096

/** Changes of others that may come between a look at an object and its writing. */
const maxLooks = 10

/** An email can be in a hundred mailboxes, and others wait for the end of a transaction. */
const opsPerTransaction = 50

type MailboxProperty = 'mailboxIds' | 'parentId'

/** One run of a /set: writes through it, collects what became of each object. */
export class SetRun {
  readonly context: CallContext
  readonly #mailboxProperty: MailboxProperty
  readonly #created = new Map<string, object>()
  readonly #updated = new Map<string, object | null>()
  readonly #destroyed: string[] = []
  readonly #notCreated = new Map<string, SetErrorObject>()
  readonly #notUpdated = new Map<string, SetErrorObject>()
  readonly #notDestroyed = new Map<string, SetErrorObject>()
  /** Goes with the first change, so that nothing comes between. */
  #expected: ModSeq | undefined
  readonly oldState: string

  private constructor(
    context: CallContext,
    mailboxProperty: MailboxProperty,
    state: { readonly old: string; readonly expected: ModSeq | undefined },
  ) {
    this.context = context
    this.#mailboxProperty = mailboxProperty
    this.oldState = state.old
    this.#expected = state.expected
  }

  /** @throws MethodError accountNotFound, stateMismatch, requestTooLarge, invalidArguments */
  static async begin(
    args: SetArguments,
    context: CallContext,
    mailboxProperty: MailboxProperty,
  ): Promise<SetRun> {
    context.checkAccount(args.accountId)
    const creations = Object.keys(args.create ?? {})
    const count =
      creations.length + Object.keys(args.update ?? {}).length + (args.destroy?.length ?? 0)
    if (count > context.services.limits.maxObjectsInSet) throw new MethodError('requestTooLarge')
    // Each of them is answered, whatever becomes of it.
    context.budget.charge({ nodes: count * nodesPerObject, answer: count * answerPerObject })
    if (!creations.every(isId)) throw new MethodError('invalidArguments', 'No creation id')
    const old = await context.state()
    const { ifInState = null } = args
    if (ifInState !== null && ifInState !== old) throw new MethodError('stateMismatch')
    const expected = ifInState === null ? undefined : readState(ifInState)
    return new SetRun(context, mailboxProperty, { old, expected })
  }

  /** One op in a transaction of its own. @throws MailError */
  async write<const Op extends MailOp>(op: Op): Promise<MailOpResult<Op>> {
    const { store } = this.context.services
    const { account, budget } = this.context
    const expected = this.#expected
    if (expected === undefined) {
      const [result] = await budget.aside(() => store.transact(account.id, [op]))
      return result
    }
    const [, result] = await budget.aside(() =>
      store.transact(account.id, [{ op: 'expectState', state: expected }, op]),
    )
    this.#expected = undefined
    return result
  }

  /**
   * As `write`, for an op that depends on what is there: `look` finds it anew when something of the account has changed before it was written.
   * @throws MethodError stateMismatch; MailError, `state.mismatch` after ten times
   */
  async writeSeen<const Op extends MailOp>(
    look: (reader: MailReader) => Promise<Op>,
  ): Promise<MailOpResult<Op>> {
    const { account, budget, services } = this.context
    for (let looks = 1; ; looks += 1) {
      const [state, op] = await this.context.read(
        account.id,
        async (reader) => [reader.state, await look(reader)] as const,
      )
      if (this.#expected !== undefined && this.#expected !== state)
        throw new MethodError('stateMismatch')
      try {
        const [, result] = await budget.aside(() =>
          services.store.transact(account.id, [{ op: 'expectState', state }, op]),
        )
        this.#expected = undefined
        return result
      } catch (error) {
        const hasMoved = error instanceof MailError && error.code === 'state.mismatch'
        if (!hasMoved || this.#expected !== undefined || looks === maxLooks) throw error
      }
    }
  }

  /**
   * Many ops in few transactions. Answers how many of them went through, the first ones; a failure that concerns one of those behind is for the caller to find.
   */
  async writeMany(ops: readonly MailOp[]): Promise<number> {
    const { account, budget, services } = this.context
    let done = 0
    try {
      while (done < ops.length) {
        const some = ops.slice(done, done + opsPerTransaction)
        const expected: readonly MailOp[] =
          this.#expected === undefined ? [] : [{ op: 'expectState', state: this.#expected }]
        await budget.aside(() => services.store.transact(account.id, [...expected, ...some]))
        this.#expected = undefined
        done += some.length
      }
    } catch (error) {
      const isOfOne =
        error instanceof MailError && toSetError(error, this.#mailboxProperty) !== undefined
      if (!isOfOne) throw error
    }
    return done
  }

  async create(creationId: string, make: () => Promise<{ readonly id: string }>): Promise<void> {
    const error = await this.#attempt(async () => {
      const made = await make()
      this.#created.set(creationId, made)
      this.context.createdIds.set(creationId, made.id)
    })
    if (error !== undefined) this.#notCreated.set(creationId, error)
  }

  async update(id: string, change: () => Promise<void> | void): Promise<void> {
    const error = await this.#attempt(async () => {
      await change()
      this.#updated.set(id, null)
    })
    if (error !== undefined) this.#notUpdated.set(id, error)
  }

  async destroy(id: string, remove: () => Promise<void> | void): Promise<void> {
    const error = await this.#attempt(async () => {
      await remove()
      this.#destroyed.push(id)
    })
    if (error !== undefined) this.#notDestroyed.set(id, error)
  }

  /** `newState`: the one of the account unless it is given. */
  async answer(newState?: string): Promise<Record<string, unknown>> {
    return {
      accountId: this.context.account.id,
      oldState: this.oldState,
      newState: newState ?? (await this.context.state()),
      created: orNull(this.#created),
      updated: orNull(this.#updated),
      destroyed: this.#destroyed.length === 0 ? null : this.#destroyed,
      notCreated: orNull(this.#notCreated),
      notUpdated: orNull(this.#notUpdated),
      notDestroyed: orNull(this.#notDestroyed),
    }
  }

  /** Without its words when there is no room for them in the response: what became of the objects before is told in any case. */
  #afforded(error: SetErrorObject): SetErrorObject {
    const length = JSON.stringify(error).length
    if (length <= answerPerObject) return error
    try {
      this.context.budget.charge({ answer: length })
      return error
    } catch {
      return { type: error.type }
    }
  }

  async #attempt(act: () => Promise<void>): Promise<SetErrorObject | undefined> {
    await this.context.budget.work(unitsPerObject)
    try {
      await act()
      return undefined
    } catch (error) {
      if (error instanceof SetError) return this.#afforded(error.detail)
      if (error instanceof BudgetExceeded) return overBudget
      if (!(error instanceof MailError)) throw error
      const mapped = toSetError(error, this.#mailboxProperty)
      if (mapped === undefined) throw toMethodErrorLogged(error, this.context)
      return mapped
    }
  }
}

/** RFC 8620 section 5.3: what may work when it is tried again later, here in a request of its own. */
const overBudget: SetErrorObject = {
  type: 'rateLimit',
  description: 'The request is over its budget: send this in another one',
}

function toMethodErrorLogged(error: MailError, context: CallContext): MethodError {
  if (error.kind === 'failed') context.services.logger.error({ err: error }, 'JMAP set failed')
  return toMethodError(error)
}

/** The id of an update or destroy. @throws SetError notFound */
export function existingId(idOrReference: string, context: CallContext): string {
  const id = context.resolveId(idOrReference)
  if (id === undefined || !isId(id)) throw new SetError({ type: 'notFound' })
  return id
}

/** @throws SetError invalidProperties */
export function objectOf(value: unknown): Record<string, unknown> {
  if (!isObject(value)) throw invalidProperties([], 'An object is expected')
  return value
}

/** @throws SetError invalidProperties, with the properties that do not fit */
export function readProperties<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const properties = new Set<string>()
  for (const issue of result.error.issues) {
    if (issue.code === 'unrecognized_keys' && issue.path.length === 0)
      for (const key of issue.keys) properties.add(key)
    else properties.add(issue.path.slice(0, 3).map(String).join('/'))
  }
  const named = [...properties].filter((name) => name !== '').map((name) => name.slice(0, 200))
  const [issue] = result.error.issues
  throw invalidProperties(named.slice(0, 50), (issue?.message ?? '').slice(0, 200))
}

function orNull<T>(map: ReadonlyMap<string, T>): Record<string, T> | null {
  return map.size === 0 ? null : Object.fromEntries(map)
}
