import { parseNetwork, type IpNetwork } from '@gatepost/core'

import { canonicalUser } from '../user-name.ts'
import { parseGoDuration } from './go-duration.ts'

/** Who a decision is on: a network, or somebody by name. */
export type Subject =
  | { readonly kind: 'network'; readonly network: IpNetwork }
  | { readonly kind: 'name'; readonly scope: NamedScope; readonly name: string }
export type NamedScope = 'country' | 'as' | 'username'

/** A decision of the Local API as it came, understood. */
export interface LapiDecision {
  readonly id: number
  /** In lower case. */
  readonly type: string
  readonly scenario: string
  /** `lists:<scenario>` for a subscribed list, as the Local API counts them. */
  readonly origin: string
  readonly subject: Subject
  /** From the moment of the answer; negative when it is over. */
  readonly remainingMs: number
}

const maxTextLength = 256

/** Undefined for an item that has none. */
export function decisionIdOf(item: unknown): number | undefined {
  const id = isRecord(item) ? item['id'] : undefined
  return typeof id === 'number' && Number.isSafeInteger(id) ? id : undefined
}

/** Undefined for what is not ours to read: another scope, a value that names nobody, an end that is none. */
export function readDecision(item: unknown): LapiDecision | undefined {
  const id = decisionIdOf(item)
  if (id === undefined || !isRecord(item)) return undefined
  const { type, scenario, origin, scope, value, duration } = item
  if (typeof type !== 'string' || typeof value !== 'string' || typeof scope !== 'string')
    return undefined
  const subject = readSubject(scope, value)
  const remainingMs = typeof duration === 'string' ? parseGoDuration(duration) : undefined
  if (subject === undefined || remainingMs === undefined) return undefined
  const why = textOf(scenario)
  return {
    id,
    type: textOf(type).toLowerCase(),
    scenario: why,
    origin: originOf(textOf(origin), why),
    subject,
    remainingMs,
  }
}

/**
 * Values come as typed by whoever made them: any spelling of an address, IPv4-mapped, a CIDR under scope Ip, `AS64500`, `de`.
 * The Local API takes Ip, Range, Country and AS in any case, every other scope as it is.
 */
function readSubject(scope: string, value: string): Subject | undefined {
  const text = value.trim()
  switch (scope.toLowerCase()) {
    case 'ip':
    case 'range': {
      const network = parseNetwork(text)
      return network === undefined ? undefined : { kind: 'network', network }
    }
    case 'country':
      return /^[a-z]{2}$/i.test(text) ? named('country', text.toUpperCase()) : undefined
    case 'as': {
      const digits = /^(?:as)?(\d{1,10})$/i.exec(text)?.[1]
      return digits === undefined ? undefined : named('as', String(Number(digits)))
    }
    case 'username': {
      const name = canonicalUser(text)
      return name === undefined ? undefined : named('username', name)
    }
    default:
      return undefined
  }
}

export function originOf(origin: string, scenario: string): string {
  return origin === 'lists' ? `lists:${scenario}` : origin
}

function named(scope: NamedScope, name: string): Subject {
  return { kind: 'name', scope, name }
}
function textOf(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, maxTextLength) : ''
}
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
