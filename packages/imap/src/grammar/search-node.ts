import type { EmailCondition, Uid } from '@gatepost/core'

import { resolveRanges, type NumberRanges, type SequenceSet } from './sequence-set.ts'

/** A search as parsed: a condition whose message numbers, `*` and ages wait for the mailbox and the moment of the search. */
export type SearchNode =
  | Exclude<EmailCondition, { readonly kind: 'and' | 'or' | 'not' }>
  | { readonly kind: 'and'; readonly of: readonly SearchNode[] }
  | { readonly kind: 'or'; readonly of: readonly SearchNode[] }
  | { readonly kind: 'not'; readonly of: SearchNode }
  | { readonly kind: 'messageNumbers'; readonly set: SequenceSet }
  | { readonly kind: 'uidSet'; readonly set: SequenceSet }
  /** RFC 5032. */
  | { readonly kind: 'older'; readonly seconds: number }
  | { readonly kind: 'younger'; readonly seconds: number }

export interface SearchContext {
  /** Of the session's view of the mailbox, ascending: the UID of message number n is at n - 1. */
  readonly uids: readonly Uid[]
  /** Milliseconds since 1970. */
  readonly now: number
}

/** Depth is bounded by the parser. */
export function resolveSearch(node: SearchNode, context: SearchContext): EmailCondition {
  if (node.kind === 'and' || node.kind === 'or')
    return { kind: node.kind, of: node.of.map((one) => resolveSearch(one, context)) }
  if (node.kind === 'not') return { kind: 'not', of: resolveSearch(node.of, context) }
  if (node.kind === 'messageNumbers')
    return { kind: 'uids', ranges: uidRanges(node.set, context.uids) }
  if (node.kind === 'uidSet')
    return { kind: 'uids', ranges: resolveRanges(node.set, context.uids.at(-1) ?? 0) }
  // RFC 5032 section 1: by the second, not by the day.
  if (node.kind === 'older')
    return { kind: 'receivedBefore', at: context.now - node.seconds * 1000 }
  if (node.kind === 'younger')
    return { kind: 'receivedFrom', at: context.now - node.seconds * 1000 }
  return node
}

// UIDs only grow: between those of two messages of the view lie those of the messages between, and no others.
function uidRanges(set: SequenceSet, uids: readonly Uid[]): NumberRanges {
  const ranges: [number, number][] = []
  for (const [low, high] of resolveRanges(set, uids.length)) {
    const first = uids[low - 1]
    const last = uids[Math.min(high, uids.length) - 1]
    if (first !== undefined && last !== undefined) ranges.push([first, last])
  }
  return ranges
}
