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
  readonly #deliveries = new FairLine()
  readonly #jobs = new FairLine()
  readonly #slices = new FairLine()
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

  #lineOf({ job }: WriterRequest): FairLine {
    if (job.kind === 'deliver') return this.#deliveries
    return isSlice(job) ? this.#slices : this.#jobs
  }
}

/** The accounts, one request of each in turn. */
class FairLine {
  readonly #waiting = new Map<string, WriterRequest[]>()
  readonly #first: WriterRequest[] = []

  get isEmpty(): boolean {
    return this.#waiting.size === 0 && this.#first.length === 0
  }

  push(request: WriterRequest): void {
    const owner = ownerOf(request.job)
    const own = this.#waiting.get(owner)
    if (own === undefined) this.#waiting.set(owner, [request])
    else own.push(request)
  }

  putBack(request: WriterRequest): void {
    this.#first.unshift(request)
  }

  shift(): WriterRequest | undefined {
    const before = this.#first.shift()
    if (before !== undefined) return before
    const [next] = this.#waiting
    if (next === undefined) return undefined
    const [owner, own] = next
    const request = own.shift()
    // To the end of the round.
    this.#waiting.delete(owner)
    if (own.length > 0) this.#waiting.set(owner, own)
    return request
  }
}

/** Until they weigh so much. */
function takeFrom(
  line: FairLine,
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

function isSlice({ kind }: WriterJob): boolean {
  return kind === 'goOn' || kind === 'purgeAccount' || kind === 'sweep'
}

function ownerOf(job: WriterJob): string {
  if (job.kind === 'deliver') return job.delivery.local[0]?.accountId ?? ''
  return 'account' in job ? `${job.account}` : job.kind
}

function recipientsOf(job: WriterJob): number {
  if (job.kind !== 'deliver') return 0
  return 1 + job.delivery.local.length + (job.delivery.outbound?.recipients.length ?? 0)
}
