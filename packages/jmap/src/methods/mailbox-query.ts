import type { Mailbox } from '@gatepost/core'
import { z } from 'zod'

import { MethodError } from '../protocol/method-error.ts'
import { capabilities } from '../protocol/request-object.ts'
import { idSchema, readArguments } from './arguments.ts'
import { readFilter, type FilterTree } from './filter-tree.ts'
import type { Method } from './method.ts'
import { checkCollations, queryShape, windowOf, type Comparator } from './standard-query.ts'

const schema = z.strictObject({
  ...queryShape,
  sortAsTree: z.boolean().optional(),
  filterAsTree: z.boolean().optional(),
})

type Test = (mailbox: Mailbox) => boolean

// RFC 8621 section 2.3
export const mailboxQuery: Method = {
  capability: capabilities.mail,
  run: async (args, context) => {
    const parsed = readArguments(schema, args)
    checkCollations(parsed.sort)
    const test = testOf(readFilter(parsed.filter, readCondition, context.services.limits))
    const compare = comparing(parsed.sort ?? [])
    return context.read(parsed.accountId, async (reader) => {
      const all = (await reader.mailboxes.list()).toSorted(compare)
      const ordered = parsed.sortAsTree === true ? asTree(all, compare) : all
      const matching = new Set(ordered.filter(test))
      const shown = parsed.filterAsTree === true ? withMatchingAncestors(matching, all) : matching
      const ids = ordered.filter((mailbox) => shown.has(mailbox)).map(({ id }) => id)
      const window = windowOf(ids, parsed, context.services.limits.maxObjectsInGet)
      return {
        args: {
          accountId: parsed.accountId,
          queryState: String(reader.state),
          canCalculateChanges: false,
          ...window,
          ...(parsed.calculateTotal === true ? { total: ids.length } : {}),
        },
      }
    })
  },
}

function testOf(filter: FilterTree<Test> | null): Test {
  if (filter === null) return () => true
  if (filter.kind === 'condition') return filter.condition
  const tests = filter.of.map(testOf)
  switch (filter.operator) {
    case 'AND':
      return (mailbox) => tests.every((test) => test(mailbox))
    case 'OR':
      return (mailbox) => tests.some((test) => test(mailbox))
    case 'NOT':
      return (mailbox) => !tests.some((test) => test(mailbox))
  }
}

const conditionSchema = z.strictObject({
  parentId: idSchema.nullable().optional(),
  name: z.string().max(1000).optional(),
  role: z.string().max(100).nullable().optional(),
  hasAnyRole: z.boolean().optional(),
  isSubscribed: z.boolean().optional(),
})

function readCondition(condition: unknown): Test {
  const result = conditionSchema.safeParse(condition)
  if (!result.success) throw new MethodError('unsupportedFilter')
  const { parentId, name, role, hasAnyRole, isSubscribed } = result.data
  const part = name?.toLowerCase()
  return (mailbox) =>
    (parentId === undefined || mailbox.parentId === parentId) &&
    (part === undefined || mailbox.name.toLowerCase().includes(part)) &&
    (role === undefined || mailbox.role === role) &&
    (hasAnyRole === undefined || (mailbox.role !== null) === hasAnyRole) &&
    (isSubscribed === undefined || mailbox.isSubscribed === isSubscribed)
}

function comparing(sort: readonly Comparator[]): (a: Mailbox, b: Mailbox) => number {
  const by = sort.map(({ property, isAscending = true }) => {
    const sign = isAscending ? 1 : -1
    if (property === 'name')
      return (a: Mailbox, b: Mailbox) => sign * a.name.localeCompare(b.name, 'en')
    if (property === 'sortOrder')
      return (a: Mailbox, b: Mailbox) => sign * (a.sortOrder - b.sortOrder)
    // RFC 8621 section 2.3 names these, and so does every client.
    throw new MethodError('unsupportedSort', 'Sort by name or sortOrder')
  })
  return (a, b) => {
    for (const compare of by) {
      const order = compare(a, b)
      if (order !== 0) return order
    }
    return 0
  }
}

/** Each mailbox behind its parent (RFC 8621 section 2.3). */
function asTree(all: readonly Mailbox[], compare: (a: Mailbox, b: Mailbox) => number): Mailbox[] {
  const children = Map.groupBy(all, ({ parentId }) => parentId)
  const known = new Set(all.map(({ id }) => id))
  const ordered: Mailbox[] = []
  const roots = all.filter(({ parentId }) => parentId === null || !known.has(parentId))
  const waiting = roots.toSorted(compare).toReversed()
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    ordered.push(next)
    waiting.push(...(children.get(next.id) ?? []).toSorted(compare).toReversed())
  }
  return ordered
}

/** Only mailboxes whose ancestors all match too. */
function withMatchingAncestors(
  matching: ReadonlySet<Mailbox>,
  all: readonly Mailbox[],
): Set<Mailbox> {
  const byId = new Map(all.map((mailbox) => [mailbox.id, mailbox]))
  const isShown = (mailbox: Mailbox): boolean => {
    let next: Mailbox | undefined = mailbox
    // The store has no loops; the count is for the day it has.
    for (let depth = 0; next !== undefined && depth < 100; depth++) {
      if (!matching.has(next)) return false
      next = next.parentId === null ? undefined : byId.get(next.parentId)
    }
    return true
  }
  return new Set([...matching].filter(isShown))
}
