import { parseNetwork, type IpNetwork } from '@gatepost/core'

import { parseGoDuration } from './go-duration.ts'

/** A decision of the Local API that concerns an address or a range. */
export interface LapiDecision {
  readonly id: number
  readonly type: string
  readonly scenario: string
  readonly origin: string
  readonly network: IpNetwork
  /** From the moment of the answer; negative when it is over. */
  readonly remainingMs: number
}

/** An answer of `/v1/decisions/stream`, its items not looked at yet. */
export interface DecisionStream {
  readonly added: readonly unknown[]
  readonly deleted: readonly unknown[]
}

/** Undefined when the body has not that shape. Release 1.4.6 sends null for an empty list. */
export function readDecisionStream(body: unknown): DecisionStream | undefined {
  if (!isRecord(body)) return undefined
  const [added, deleted] = [body['new'], body['deleted']]
  if (!isListOrNull(added) || !isListOrNull(deleted)) return undefined
  return { added: added ?? [], deleted: deleted ?? [] }
}

/** Undefined for an item that has none. */
export function decisionIdOf(item: unknown): number | undefined {
  const id = isRecord(item) ? item['id'] : undefined
  return typeof id === 'number' && Number.isSafeInteger(id) ? id : undefined
}

/**
 * Values come as typed by whoever made them: any spelling of an address, IPv4-mapped, a CIDR under scope Ip.
 * Undefined for what is not ours to read: another scope, a value that is no network, an end that is none.
 */
export function readDecision(item: unknown): LapiDecision | undefined {
  const id = decisionIdOf(item)
  if (id === undefined || !isRecord(item)) return undefined
  const { type, scenario, origin, scope, value, duration } = item
  if (typeof type !== 'string' || typeof value !== 'string') return undefined
  if (typeof scope !== 'string' || !/^(?:ip|range)$/i.test(scope)) return undefined
  const network = parseNetwork(value.trim())
  const remainingMs = typeof duration === 'string' ? parseGoDuration(duration) : undefined
  if (network === undefined || remainingMs === undefined) return undefined
  return {
    id,
    type: type.toLowerCase(),
    scenario: textOf(scenario),
    origin: textOf(origin),
    network,
    remainingMs,
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
function isListOrNull(value: unknown): value is readonly unknown[] | null | undefined {
  return value === null || value === undefined || Array.isArray(value)
}
