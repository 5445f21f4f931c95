import type { SpooledContent } from '@gatepost/core'
import type { SpoolFile } from '@gatepost/spool'

import type { ReceivedContent } from '../session/received-content.ts'

/** A message that is too large for the memory: its header in it, all of it in a file. */
export class SpooledMessage implements ReceivedContent {
  readonly head: Buffer
  readonly hasNul: boolean
  readonly #file: SpoolFile

  constructor(file: SpoolFile, { head, hasNul }: Pick<ReceivedContent, 'head' | 'hasNul'>) {
    this.#file = file
    this.head = head
    this.hasNul = hasNul
  }

  get length(): number {
    return this.#file.size
  }

  slice(start: number, end: number): Promise<Buffer> {
    return this.#file.read(start, end)
  }

  withBeginning(beginning: readonly Uint8Array[], from: number): SpooledContent {
    return this.#file.content(beginning, from)
  }
}
