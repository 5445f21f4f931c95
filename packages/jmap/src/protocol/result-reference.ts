import type { RequestBudget } from '../budget/request-budget.ts'
import { weigh } from '../json/weigh.ts'
import { evaluatePointer, NOT_THERE } from './json-pointer.ts'
import { MethodError } from './method-error.ts'
import { isObject } from './request-object.ts'

/** One answer: a method may give several. */
export interface MethodResponse {
  readonly name: string
  readonly args: object
  readonly callId: string
}

/**
 * Arguments with every `#name` replaced by what it refers to (RFC 8620 section 3.7).
 * What they stand for is charged as if it had been sent, each time, and looked at no further than the budget goes.
 * @throws MethodError invalidResultReference; invalidArguments when an argument comes both ways; BudgetExceeded
 */
export async function resolveReferences(
  args: Readonly<Record<string, unknown>>,
  responses: readonly MethodResponse[],
  budget: RequestBudget,
): Promise<Record<string, unknown>> {
  const resolved: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [name, value] of Object.entries(args)) {
    if (!name.startsWith('#')) {
      resolved[name] = value
      continue
    }
    const target = name.slice(1)
    if (Object.hasOwn(args, target))
      throw new MethodError('invalidArguments', `Both ${target} and its reference are given`)
    const found = resolveReference(value, responses)
    await weigh(found, budget, false)
    resolved[target] = found
  }
  return resolved
}

function resolveReference(reference: unknown, responses: readonly MethodResponse[]): unknown {
  if (!isObject(reference)) throw bad('A result reference is an object')
  const { resultOf, name, path } = reference
  if (typeof resultOf !== 'string' || typeof name !== 'string' || typeof path !== 'string')
    throw bad('A result reference has resultOf, name and path')
  const response = responses.find(({ callId }) => callId === resultOf)
  if (response === undefined || response.name !== name) throw bad('No such result')
  const value = evaluatePointer(response.args, path)
  if (value === NOT_THERE) throw bad('The path leads nowhere')
  return value
}

function bad(description: string): MethodError {
  return new MethodError('invalidResultReference', description)
}
