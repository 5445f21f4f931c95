import type { Dialogue } from './dialogue.ts'
import type { Credentials, Visitor } from './visitor.ts'

/** What a client does with the server, whichever language the two speak. */
export interface Protocol {
  readonly name: 'SMTP' | 'IMAP' | 'JMAP'
  /** How the door answers a stranger. */
  readonly welcome: RegExp
  /** How it answers one who is not let in. */
  readonly refusal: RegExp
  /** What the door says to whoever comes. */
  knock(visitor: Visitor): Promise<string>
  /** Answers the reply to a login. */
  logIn(visitor: Visitor, credentials: Credentials): Promise<string>
  /** Logs in and stays, waiting for news. */
  stay(visitor: Visitor, credentials: Credentials): Promise<Dialogue>
  /** What the server says at the end of a session that it cuts; '' where it just ends. */
  readonly farewell: RegExp
}
