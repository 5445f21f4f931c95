import { setImmediate as nextTurn } from 'node:timers/promises'

import type { DecisionBatch } from '../stream/decision-batch.ts'
import type { ChangeList, DecisionTable } from './decision-table.ts'

export interface ApplyOptions {
  readonly table: DecisionTable
  readonly batch: DecisionBatch
  /** It lists everything that holds, so what it does not list is over. */
  readonly isFull: boolean
  /** Left out: nobody wants to know. */
  readonly change: ChangeList | undefined
}

/** Less than half a millisecond of work: clients are served between two slices of a long list. */
const sliceRows = 1024

/** Takes an answer into the table, in slices. */
export async function applyBatch({ table, batch, isFull, change }: ApplyOptions): Promise<void> {
  const intake = table.intake(batch.size, change)
  // Deleted before new: an id may be in both after a change of its end.
  await inSlices(batch.deleted.length, (row) => table.remove(batch.deleted[row] ?? -1, change))
  // A Local API with a broken database answers 200 and nothing: an empty list never clears the table, the decisions' own end does.
  const isList = isFull && batch.size + batch.unreadableIds.length > 0
  if (isList) table.beginList()
  await inSlices(batch.size, (row) => table.put(batch, row, intake))
  if (!isList) return
  for (const id of batch.unreadableIds) table.touch(id)
  for (let from = 0; from !== -1; from = table.sweep(from, sliceRows, change)) await nextTurn()
}

async function inSlices(count: number, use: (row: number) => void): Promise<void> {
  for (let row = 0; row < count; row += 1) {
    if (row > 0 && row % sliceRows === 0) await nextTurn()
    use(row)
  }
}
