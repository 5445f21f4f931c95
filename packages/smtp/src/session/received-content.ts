import type { NewContent } from '@gatepost/core'
import { headerLimits } from '@gatepost/mime'

/** A header that is within its bounds is in the first bytes of a message, with the line end behind it: all that a policy reads. */
export const headBytes: number = headerLimits.bytes + 4

/** A message as it came, in memory or in a file. */
export interface ReceivedContent {
  /** In bytes. */
  readonly length: number
  /** `headBytes` of it, or all. */
  readonly head: Buffer
  readonly hasNul: boolean
  /** These bytes of it. */
  slice(start: number, end: number): Buffer | Promise<Buffer>
  /** The message with another beginning in the place of its first bytes. */
  withBeginning(beginning: readonly Uint8Array[], from: number): NewContent | Promise<NewContent>
}
