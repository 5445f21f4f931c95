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

export interface DecisionStream {
  readonly added: readonly LapiDecision[]
  readonly deletedIds: readonly number[]
  /** Entries of ours to read that made no sense: another scope, a value that is no address. */
  readonly skipped: number
}

/**
 * Reads an answer of `/v1/decisions/stream`. Lists may be null (1.4.6); values come as typed by whoever made them: any spelling of an address,
 * IPv4-mapped, a CIDR under scope Ip. Undefined when the body has not that shape.
 */
export function readDecisionStream(body: unknown): DecisionStream | undefined {
  if (!isRecord(body)) return undefined
  const [fresh, gone] = [body['new'], body['deleted']]
  if (!isListOrNull(fresh) || !isListOrNull(gone)) return undefined
  const added: LapiDecision[] = []
  const deletedIds: number[] = []
  let skipped = 0
  for (const item of fresh ?? []) {
    const decision = readDecision(item)
    if (decision === undefined) skipped += 1
    else added.push(decision)
  }
  for (const item of gone ?? []) {
    const id = isRecord(item) ? item['id'] : undefined
    if (typeof id === 'number') deletedIds.push(id)
    else skipped += 1
  }
  return { added, deletedIds, skipped }
}

function readDecision(item: unknown): LapiDecision | undefined {
  if (!isRecord(item)) return undefined
  const { id, type, scenario, origin, scope, value, duration } = item
  if (typeof id !== 'number' || typeof type !== 'string' || typeof value !== 'string')
    return undefined
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
