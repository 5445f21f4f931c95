import type { Access, AccountName, NewContent, Uid } from '@gatepost/core'
import type { GateConnection } from '@gatepost/gate'
import type { SecurityContext } from '@gatepost/security-crowdsec'

import type { ArgumentReader } from '../grammar/argument-reader.ts'
import type { Completion } from './imap-reply.ts'
import type { ResponseWriter } from './response-writer.ts'
import type { SelectedMailbox } from './selected-mailbox.ts'
import type { SessionInput } from './session-input.ts'
import type { SessionPorts } from './session-ports.ts'

/** RFC 3501 section 3, and what RFC 5161 and RFC 7162 add. */
export interface SessionState {
  /** Of whoever has logged in. Undefined: nobody yet. */
  access: Access | undefined
  selected: SelectedMailbox | undefined
  /** FETCH responses tell the MODSEQ (RFC 7162 section 3.1). */
  isCondstoreEnabled: boolean
  authFailures: number
}

export interface CommandContext {
  readonly tag: string
  readonly ports: SessionPorts
  readonly connection: GateConnection
  readonly securityContext: SecurityContext
  readonly state: SessionState
  readonly input: SessionInput
  readonly writer: ResponseWriter
  readonly args: ArgumentReader
  /** Of a literal of APPEND: in memory, or in a file while the command runs. @throws MailError busy `spool.full` */
  readonly contentOf: (literal: Uint8Array) => Promise<NewContent>
  /** UIDs whose present flags the command has told the client itself. */
  readonly told: Set<Uid>
}

interface Common {
  /** Upper case: `UID FETCH`. */
  readonly name: string
  /** RFC 3501 section 7.4.1: no EXPUNGE while message numbers are in use. */
  readonly forbidsExpunge?: boolean
}

/** A command, by the state that it is valid in (RFC 3501 section 3); `authenticated` is valid with a mailbox selected too. */
export type Command =
  | (Common & {
      readonly when: 'always' | 'notAuthenticated'
      run(context: CommandContext): CommandResult
    })
  | (Common & {
      readonly when: 'authenticated'
      run(context: CommandContext, account: AccountName): CommandResult
    })
  | (Common & {
      readonly when: 'selected'
      run(context: CommandContext, selected: SelectedMailbox): CommandResult
    })

/** @throws MailError, ConnectionEnded, InputTimeout; anything else is a defect */
export type CommandResult = Promise<CommandEnd> | CommandEnd

export interface CommandEnd extends Completion {
  /** Once the client has its answer: the handshake of STARTTLS. */
  readonly after?: () => Promise<void>
  /** The session ends after the answer. */
  readonly isLast?: boolean
}
