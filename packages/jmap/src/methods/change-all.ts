import type { MailOp } from '@gatepost/core'

import type { BudgetExceeded } from '../budget/request-budget.ts'
import { SetError } from '../protocol/set-error.ts'
import type { SetRun } from './standard-set.ts'

/** What one object of a /set is to be written as, or why it cannot be. */
export type Written<Op extends MailOp> =
  | { readonly op: Op }
  | { readonly refused: SetError | BudgetExceeded }

/** `read` throws why it cannot be. Throws what is no matter of one object. */
export function written<Op extends MailOp>(read: () => Op): Written<Op> {
  try {
    return { op: read() }
  } catch (error) {
    if (error instanceof SetError) return { refused: error }
    throw error
  }
}

type WrittenByKey<Op extends MailOp> = ReadonlyMap<string, Written<Op>>

interface Changes<Update extends MailOp, Destroy extends MailOp> {
  readonly updates: WrittenByKey<Update>
  readonly destroys: WrittenByKey<Destroy>
  /** Writes an update by itself. */
  readonly write?: (op: Update) => Promise<unknown>
}

/** Updates and destroys: in few transactions as long as they go through, else one by one. */
export async function changeAll<Update extends MailOp, Destroy extends MailOp>(
  run: SetRun,
  { updates, destroys, write = (op) => run.write(op) }: Changes<Update, Destroy>,
): Promise<void> {
  const all = [...updates.values(), ...destroys.values()]
  const ops = all.flatMap((one) => ('op' in one ? one.op : []))
  const isWhole = ops.length > 1 && ops.length === all.length
  let done = isWhole ? await run.writeMany(ops) : 0
  const settle = async <Op extends MailOp>(
    one: Written<Op>,
    writeOne: (op: Op) => Promise<unknown>,
  ): Promise<void> => {
    if ('refused' in one) throw one.refused
    if (done > 0) done -= 1
    else await writeOne(one.op)
  }
  for (const [key, one] of updates) await run.update(key, () => settle(one, write))
  for (const [key, one] of destroys)
    await run.destroy(key, () => settle(one, (op) => run.write(op)))
}
