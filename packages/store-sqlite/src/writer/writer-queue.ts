import { FairLine } from '@gatepost/store-model'

import type { WriterJob, WriterRequest } from './protocol.ts'

/** Recipients of the deliveries of one turn: a message has one row and more for each. */
const maxRecipients = 200
/** Other jobs of one turn. */
const maxJobs = 100

/**
 * What waits for the writer, in three lines. Deliveries and the jobs of all accounts share a turn; the next slice of one job that is done in slices has the
 * turn after. So whatever is asked of the writer, a delivery waits for one slice. In each line the accounts take turns, and what one account asks stays in order.
 */
export class WriterQueue {
  readonly #deliveries = new FairLine(ownerOf)
  readonly #jobs = new FairLine(ownerOf)
  readonly #slices = new FairLine(ownerOf)
  #isSliceNext = false

  get isEmpty(): boolean {
    return this.#deliveries.isEmpty && this.#jobs.isEmpty && this.#slices.isEmpty
  }

  push(request: WriterRequest): void {
    this.#lineOf(request).push(request)
  }

  /** The jobs of one turn. */
  take(): WriterRequest[] {
    const hasJobs = !this.#deliveries.isEmpty || !this.#jobs.isEmpty
    const isSliceTurn = !this.#slices.isEmpty && (this.#isSliceNext || !hasJobs)
    this.#isSliceNext = !isSliceTurn
    if (isSliceTurn) return takeFrom(this.#slices, 1, () => 1)
    return [
      ...takeFrom(this.#deliveries, maxRecipients, ({ job }) => recipientsOf(job)),
      ...takeFrom(this.#jobs, maxJobs, () => 1),
    ]
  }

  /** The turn was over before they were begun: they are the first of the next one. In the order that `take` gave. */
  putBack(requests: readonly WriterRequest[]): void {
    for (const request of requests.toReversed()) this.#lineOf(request).putBack(request)
  }

  #lineOf({ job }: WriterRequest): FairLine<WriterRequest> {
    if (job.kind === 'deliver') return this.#deliveries
    return isSlice(job) ? this.#slices : this.#jobs
  }
}

/** Until they weigh so much. */
function takeFrom(
  line: FairLine<WriterRequest>,
  weight: number,
  weightOf: (request: WriterRequest) => number,
): WriterRequest[] {
  const taken: WriterRequest[] = []
  for (let left = weight; left > 0;) {
    const request = line.shift()
    if (request === undefined) break
    left -= weightOf(request)
    taken.push(request)
  }
  return taken
}

const slices: ReadonlySet<WriterJob['kind']> = new Set([
  'goOn',
  'purgeAccount',
  'purgeViewers',
  'sweep',
  'takeBackCopies',
])

function isSlice({ kind }: WriterJob): boolean {
  return slices.has(kind)
}

/** Whose turn it takes. */
export function ownerOf({ job }: WriterRequest): string {
  if (job.kind === 'deliver') return job.delivery.local[0]?.accountId ?? ''
  return 'account' in job ? `${job.account}` : job.kind
}

function recipientsOf(job: WriterJob): number {
  if (job.kind !== 'deliver') return 0
  return 1 + job.delivery.local.length + (job.delivery.outbound?.recipients.length ?? 0)
}
