import type { IndexPage, MailReader, Membership } from '@gatepost/core'
import type { MimeIndex } from '@gatepost/mime'

import type { FetchRequest } from '../grammar/fetch-items.ts'
import { type FetchNeeds, FetchResponse } from './fetch-response.ts'

/** Messages, and bytes of them, that are read together. */
const maxBatch = 100
const batchBytes = 524_288

export interface BatchOptions {
  readonly needs: FetchNeeds
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
  const { needs } = options
  const memberships = left.slice(0, batchLength(left))
  const { found, rest } = needs.index
    ? await emails.indexes(memberships.map((one) => one.emailId))
    : noIndexes
  const later = new Set(rest)
  const responses: FetchResponse[] = []
  let [taken, bytes] = [0, 0]
  for (const membership of memberships) {
    if (later.has(membership.emailId) || bytes >= batchBytes) break
    taken += 1
    const index = found.get(membership.emailId)
    if (needs.index && index === undefined) continue
    const response = responseTo(membership, index, options)
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

/** As `readBatch`, of what the memberships alone answer. */
export function plainBatch(left: readonly Membership[], options: BatchOptions): Batch {
  const messages = left.map((membership) => ({
    response: responseTo(membership, undefined, options),
    read: [],
  }))
  return { messages, taken: left.length }
}

function responseTo(
  membership: Membership,
  index: MimeIndex | undefined,
  { requestOf, numberOf, showKeyword, needs }: BatchOptions,
): FetchResponse {
  const source = { membership, number: numberOf(membership), index, showKeyword }
  return new FetchResponse(requestOf(membership), source, needs)
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
