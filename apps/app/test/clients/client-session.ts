import type { TestServer } from '../support/test-server.ts'

/** A client of another maker, or its very commands, in a session in which both sides change something and see what the other changed. */
export interface ClientSession {
  readonly client: string
  /** What this machine lacks for it; null: nothing. */
  readonly lacks: () => Promise<string | null>
  /** With a new server that has me@example.test and you@example.test. @throws AssertionError for what is not as it has to be */
  readonly run: (server: TestServer) => Promise<void>
}

export const needsNothing = (): Promise<null> => Promise.resolve(null)
