import { setImmediate as nextTurn } from 'node:timers/promises'

import type { Decision, DecisionChange } from './connection-filter.ts'
import type { DecisionTable } from './decision-table.ts'
import { decisionIdOf, readDecision, type DecisionStream } from './lapi-decision.ts'

export interface AppliedStream extends DecisionChange {
  /** New items that no table can hold: another scope, a value that is no network. */
  readonly unreadable: number
}

// About 3 ms of work: clients are served between two slices of a long list.
const sliceLength = 1000

/** Takes an answer into the table; `isFull`: it lists everything that holds, so what it does not list is over. */
export async function applyStream(
  table: DecisionTable,
  stream: DecisionStream,
  isFull: boolean,
): Promise<AppliedStream> {
  const added: Decision[] = []
  const deleted: Decision[] = []
  const listed = new Set<number>()
  let unreadable = 0
  const drop = (id: number | undefined): void => {
    const decision = id === undefined ? undefined : table.remove(id)
    if (decision !== undefined) deleted.push(decision)
  }
  // Deleted before new: an id may be in both after a change of its end.
  await inSlices(stream.deleted, (item) => drop(decisionIdOf(item)))
  await inSlices(stream.added, (item) => {
    const id = decisionIdOf(item)
    if (id !== undefined) listed.add(id)
    const decision = readDecision(item)
    if (decision === undefined) {
      unreadable += 1
      return
    }
    const change = table.put(decision)
    added.push(...change.added)
    deleted.push(...change.deleted)
  })
  // A Local API with a broken database answers 200 and nothing: an empty list never clears the table, the decisions' own end does.
  if (isFull && listed.size > 0) for (const id of table.ids()) if (!listed.has(id)) drop(id)
  return { added, deleted, unreadable }
}

async function inSlices(items: readonly unknown[], use: (item: unknown) => void): Promise<void> {
  for (let start = 0; start < items.length; start += sliceLength) {
    if (start > 0) await nextTurn()
    items.slice(start, start + sliceLength).forEach(use)
  }
}
