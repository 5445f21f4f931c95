import type { RequestLimits } from './budget/request-budget.ts'
import type { JsonLimits } from './json/json-fault.ts'

/** What one client and one request may cost. The first seven are announced in the session resource (RFC 8620 section 2). */
export interface JmapLimits extends JsonLimits, RequestLimits {
  /** Bytes of one upload. */
  readonly maxSizeUpload: number
  readonly maxConcurrentUpload: number
  /** Bytes of one API request. */
  readonly maxSizeRequest: number
  readonly maxConcurrentRequests: number
  readonly maxCallsInRequest: number
  readonly maxObjectsInGet: number
  readonly maxObjectsInSet: number
  /** Bytes of uploads on their way, all accounts together; `DataMemory` says who gets how much. */
  readonly maxUploadBytesInFlight: number
  /** API requests of one account that wait until one of those that run is over: a phone, a laptop and a webmail know nothing of each other. */
  readonly maxWaitingRequests: number
  /** How long an API request waits before it is refused: less than the minute that proxies wait for an answer. */
  readonly requestWaitMs: number
  /** Uploads of one account that wait until one of its others is over. */
  readonly maxWaitingUploads: number
  /** How long an upload waits for its turn, and then for memory, before it is refused. */
  readonly uploadWaitMs: number
  /** Downloads that one account may have open: each may hold the content of its message. */
  readonly maxConcurrentDownloads: number
  /** Downloads of one account that wait until one of these is over: a page asks for all its images at once. */
  readonly maxWaitingDownloads: number
  /** How long a download waits before it is refused: less than the minute that proxies wait for an answer. */
  readonly downloadWaitMs: number
  /** Bytes of answers that are made or not read yet, all accounts together; `DataMemory` says who gets how much. */
  readonly maxAnswerBytesInFlight: number
  /** Conditions of one filter, and how deep operators may nest. */
  readonly maxFilterConditions: number
  readonly maxFilterDepth: number
  /** Ids of mailboxes in one filter. */
  readonly maxFilterIds: number
  /** RFC 8621 section 1.3.1. */
  readonly maxMailboxesPerEmail: number
  readonly maxMailboxDepth: number
  readonly maxSizeMailboxName: number
  readonly maxRecipients: number
  /** How long an upload is kept that nothing uses. */
  readonly uploadKeptMs: number
  /** Between two pings on a WebSocket: who has not answered one by the next is gone. */
  readonly webSocketPingMs: number
  /** Requests that a client may send over one WebSocket before the first of them is answered. */
  readonly maxPipelined: number
  /** Changes that come within this time are pushed as one. */
  readonly pushDelayMs: number
  /** How long a change of the addresses of an account may wait to be pushed. */
  readonly addressesDelayMs: number
}

export const defaultJmapLimits: JmapLimits = {
  maxSizeUpload: 50_000_000,
  maxConcurrentUpload: 4,
  maxUploadBytesInFlight: 268_435_456,
  uploadWaitMs: 30_000,
  maxConcurrentDownloads: 8,
  maxWaitingDownloads: 128,
  downloadWaitMs: 45_000,
  maxAnswerBytesInFlight: 268_435_456,
  maxSizeRequest: 10_000_000,
  maxConcurrentRequests: 8,
  maxWaitingRequests: 64,
  requestWaitMs: 45_000,
  maxWaitingUploads: 64,
  maxCallsInRequest: 32,
  maxObjectsInGet: 1000,
  maxObjectsInSet: 500,
  maxJsonDepth: 32,
  maxJsonNodes: 200_000,
  maxObjectNames: 1000,
  maxArrayItems: 5000,
  maxRequestWorkBytes: 256_000_000,
  maxRequestNodes: 1_000_000,
  maxRequestCpuMs: 10_000,
  maxFilterConditions: 100,
  maxFilterDepth: 10,
  maxFilterIds: 1000,
  maxResponseBytes: 64_000_000,
  maxMailboxesPerEmail: 100,
  maxMailboxDepth: 20,
  maxSizeMailboxName: 255,
  maxRecipients: 1000,
  uploadKeptMs: 24 * 3600 * 1000,
  webSocketPingMs: 30_000,
  maxPipelined: 64,
  pushDelayMs: 100,
  addressesDelayMs: 30_000,
}
