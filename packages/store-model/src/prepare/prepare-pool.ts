import { PrepareLane, type PrepareReplies, type PrepareThread } from './prepare-lane.ts'

/** So many messages of the usual size that a batch is worth its way, and no more than the worst of them take in 20 ms. */
const maxSmallAhead = 262_144
/** Prepared, and not yet written: with it a writer has enough to do. One more is let in however large it is. */
const maxBytesBehind = 33_554_432

/** What is larger is prepared apart from the rest: the worst of this size takes 20 ms. */
const maxSmallBytes = 262_144

export type SizeClass = 'small' | 'large'

/** Of content whose size is known. */
export function sizeClassOf(bytes: number): SizeClass {
  return bytes <= maxSmallBytes ? 'small' : 'large'
}

/**
 * Two threads that read messages before they are written: one for small ones, one for those that would hold small ones up, one at a time. Their order is that
 * of the accounts in turn, in each.
 */
export class PreparePool<
  Request extends { readonly id: number },
  Reply extends PrepareReplies,
> implements AsyncDisposable {
  readonly #lanes: Readonly<Record<SizeClass, PrepareLane<Request, Reply>>>

  constructor(thread: PrepareThread<Request, Reply>) {
    const lane = (name: string, maxBytesAhead: number): PrepareLane<Request, Reply> =>
      new PrepareLane({ ...thread, name, maxBytesAhead, maxBytesBehind })
    this.#lanes = {
      small: lane('prepare-small', maxSmallAhead),
      large: lane('prepare-large', 0),
    }
  }

  prepare(request: Request, sizeClass: SizeClass): void {
    this.#lanes[sizeClass].push(request)
  }

  /** What was prepared of it is in memory no longer, whatever came of it. */
  settled(id: number): void {
    for (const lane of Object.values(this.#lanes)) lane.settled(id)
  }

  /** Ends after everything that was asked is prepared. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Object.values(this.#lanes).map((lane) => lane[Symbol.asyncDispose]()))
  }
}
