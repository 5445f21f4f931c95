import type { WireError } from '../../errors.ts'
import type { WriterAnswer, WriterJob } from '../protocol.ts'

/** What a turn of the writer has made of a job. */
export type JobResult =
  | { readonly answer: WriterAnswer }
  /** More is to do, in a later turn. */
  | { readonly next: WriterJob }
  /** It has failed before, and what it had done is undone now. */
  | { readonly failure: WireError }

/**
 * Statements that a turn spends on a job that has more to do: some milliseconds. A count, since it is the same on every machine and at every load.
 */
export const statementsPerSlice = 2_000
