import { MethodError } from '../protocol/method-error.ts'
import { isObject } from '../protocol/request-object.ts'

/** A filter (RFC 8620 section 5.5) with its conditions read. */
export type FilterTree<C> =
  | { readonly kind: 'condition'; readonly condition: C }
  | {
      readonly kind: 'operator'
      readonly operator: 'AND' | 'OR' | 'NOT'
      readonly of: readonly FilterTree<C>[]
    }

export interface FilterLimits {
  readonly maxFilterDepth: number
  readonly maxFilterConditions: number
}

/** @throws MethodError unsupportedFilter when it is too large, or from `readCondition` */
export function readFilter<C>(
  filter: unknown,
  readCondition: (condition: Record<string, unknown>) => C,
  limits: FilterLimits,
): FilterTree<C> | null {
  if (filter === undefined || filter === null) return null
  let conditions = 0
  function read(node: unknown, depth: number): FilterTree<C> {
    if (!isObject(node)) throw new MethodError('invalidArguments', 'A filter is an object')
    conditions += 1
    if (conditions > limits.maxFilterConditions || depth > limits.maxFilterDepth)
      throw new MethodError('unsupportedFilter', 'The filter is too large')
    const { operator, conditions: inner } = node
    if (!Object.hasOwn(node, 'operator'))
      return { kind: 'condition', condition: readCondition(node) }
    if (operator !== 'AND' && operator !== 'OR' && operator !== 'NOT')
      throw new MethodError('invalidArguments', 'An operator is AND, OR or NOT')
    if (!Array.isArray(inner) || Object.keys(node).length !== 2)
      throw new MethodError('invalidArguments', 'An operator has conditions')
    return { kind: 'operator', operator, of: inner.map((child) => read(child, depth + 1)) }
  }
  return read(filter, 1)
}
