/** What one connection and one request may cost, whatever is asked for. */
export interface HttpLimits {
  /** Bytes of a body, where a route names no limit of its own. */
  readonly maxBodyBytes: number
  readonly headersTimeoutMs: number
  readonly requestTimeoutMs: number
  readonly keepAliveTimeoutMs: number
  /** How long a client may take nothing of an answer. */
  readonly unreadAnswerMs: number
  /** How long, and how much of it, a body that is not wanted is taken off a connection that ends, so that its client can read the answer. */
  readonly lingerMs: number
  readonly lingerBytes: number
  /** Failed logins on one connection. */
  readonly maxAuthFailures: number
  /** Event sources and WebSockets. */
  readonly maxStreamsPerAccount: number
  /** Between two requests of an address under `slow`. */
  readonly slowMs: number
}

export const defaultHttpLimits: HttpLimits = {
  maxBodyBytes: 65_536,
  headersTimeoutMs: 20_000,
  requestTimeoutMs: 300_000,
  keepAliveTimeoutMs: 60_000,
  unreadAnswerMs: 60_000,
  lingerMs: 10_000,
  lingerBytes: 67_108_864,
  maxAuthFailures: 5,
  maxStreamsPerAccount: 32,
  slowMs: 3000,
}
