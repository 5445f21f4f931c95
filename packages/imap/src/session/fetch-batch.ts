import type { IndexPage, MailReader, Membership } from '@gatepost/core'

import type { FetchRequest } from '../grammar/fetch-items.ts'
import { FetchResponse, needsIndex } from './fetch-response.ts'

/** Messages, and bytes of them, that are read together. */
const maxBatch = 100
const batchBytes = 524_288

export interface BatchOptions {
  readonly requestOf: (membership: Membership) => FetchRequest
  readonly numberOf: (membership: Membership) => number
  /** How a keyword is written. */
  readonly showKeyword: (keyword: string) => string
}

export interface Batch {
  readonly messages: readonly {
    readonly response: FetchResponse
    /** What its `ranges` asked for. */
    readonly read: readonly (Buffer | undefined)[]
  }[]
  /** Memberships that it is about; some of them may be gone. */
  readonly taken: number
}

/** Plans the responses to the first of the messages, and reads what they need: two round trips at most, however many they are. */
export async function readBatch(
  { emails, blobs }: MailReader,
  left: readonly Membership[],
  options: BatchOptions,
): Promise<Batch> {
  const memberships = left.slice(0, batchLength(left))
  const indexed = memberships.filter((one) => needsIndex(options.requestOf(one)))
  const { found, rest } =
    indexed.length === 0 ? noIndexes : await emails.indexes(indexed.map((one) => one.emailId))
  const later = new Set(rest)
  const responses: FetchResponse[] = []
  let [taken, bytes] = [0, 0]
  for (const membership of memberships) {
    if (later.has(membership.emailId) || bytes >= batchBytes) break
    taken += 1
    const request = options.requestOf(membership)
    const index = found.get(membership.emailId)
    if (index === undefined && needsIndex(request)) continue
    const response = new FetchResponse(request, {
      membership,
      number: options.numberOf(membership),
      index,
      showKeyword: options.showKeyword,
    })
    responses.push(response)
    bytes += response.bytes
  }
  const ranges = responses.map((response) => response.ranges)
  const all = ranges.flat()
  const read = all.length === 0 ? [] : await blobs.ranges(all)
  let at = 0
  const messages = responses.map((response, place) => {
    const from = at
    at += ranges[place]?.length ?? 0
    return { response, read: read.slice(from, at) }
  })
  return { messages, taken }
}

const noIndexes: IndexPage = { found: new Map(), rest: [] }

/** Large messages are most of the work, whatever is asked of them. */
function batchLength(memberships: readonly Membership[]): number {
  let [length, bytes] = [0, 0]
  while (length < maxBatch && bytes < batchBytes && length < memberships.length) {
    bytes += memberships[length]?.size ?? 0
    length += 1
  }
  return length
}
