import { MailError } from '@gatepost/core'
import { authorProblemText, type AuthorProblem } from '@gatepost/mime'
import type { Decision } from '@gatepost/security-crowdsec'

import type { PathProblem, PathVerb } from '../grammar/path-command.ts'

/** A reply that refuses: thrown by a policy, sent by the one place that talks. The text begins with its enhanced code (RFC 3463). */
export class SmtpReply extends Error {
  override readonly name = 'SmtpReply'
  /** How smtp-server reads the code of a reply. */
  readonly responseCode: number

  constructor(code: number, text: string) {
    super(text)
    this.responseCode = code
  }
}

/** What a decision concerns, as its client is told: who moves to another network does not help a blocked account. */
export function whoIsBlocked({ scope }: Pick<Decision, 'scope'>): string {
  return scope === 'username' ? 'your account' : 'your address'
}

/** 5.6.0, media error, but for these. */
const authorCodes: Partial<Record<AuthorProblem['kind'], string>> = {
  foreign: '5.7.1',
  eightBit: '5.6.7', // RFC 6531 section 3.5
}

/** Refusals by name; each call makes a new one, since an Error carries its own stack. */
export const replies = {
  tooManyErrors: (): SmtpReply => new SmtpReply(421, '4.7.0 Too many errors, closing'),
  tooManyIdleCommands: (): SmtpReply =>
    new SmtpReply(421, '4.7.0 Too many commands without a message, closing'),
  sessionTooLong: (): SmtpReply => new SmtpReply(421, '4.4.2 Session takes too long'),
  tooSlow: (): SmtpReply => new SmtpReply(421, '4.4.2 Message comes too slowly, closing'),
  goodBye: (words: string): SmtpReply => new SmtpReply(421, `4.3.2 ${words}`),
  blocked: (decision: Decision): SmtpReply =>
    new SmtpReply(554, `5.7.1 Refused: ${whoIsBlocked(decision)} is blocked`),
  blockedForNow: (decision: Decision): SmtpReply =>
    new SmtpReply(
      450,
      `4.7.1 Refused: ${whoIsBlocked(decision)} is blocked for now, try again later`,
    ),
  cutOff: (decision: Decision): SmtpReply =>
    new SmtpReply(421, `4.7.0 Connection ended: ${whoIsBlocked(decision)} is blocked for now`),
  greylisted: (): SmtpReply => new SmtpReply(451, '4.7.1 Greylisted, try again later'),
  tlsFirst: (): SmtpReply => new SmtpReply(530, '5.7.0 Must issue a STARTTLS command first'),
  notOffered: (): SmtpReply => new SmtpReply(502, '5.5.1 Command not offered'),
  authFirst: (): SmtpReply => new SmtpReply(530, '5.7.0 Authentication required'),
  authOnlyOverTls: (): SmtpReply =>
    new SmtpReply(538, '5.7.11 Encryption required for authentication'),
  authFailed: (): SmtpReply => new SmtpReply(535, '5.7.8 Authentication credentials invalid'),
  authMalformed: (): SmtpReply => new SmtpReply(501, '5.5.2 Malformed authentication'),
  authCancelled: (): SmtpReply => new SmtpReply(501, '5.7.0 Authentication cancelled'),
  authTooLate: (): SmtpReply => new SmtpReply(503, '5.5.1 AUTH comes once, and before MAIL'),
  authUnknown: (): SmtpReply => new SmtpReply(504, '5.5.4 Unrecognized authentication type'),
  authBusy: (): SmtpReply => new SmtpReply(454, '4.7.0 Temporary authentication failure'),
  badSender: (): SmtpReply => new SmtpReply(553, '5.1.7 Sender address not valid'),
  badRecipient: (): SmtpReply => new SmtpReply(553, '5.1.3 Recipient address not valid'),
  utf8NotAnnounced: (): SmtpReply => new SmtpReply(553, '5.6.7 Non-ASCII address without SMTPUTF8'),
  notYourAddress: (): SmtpReply => new SmtpReply(550, '5.7.1 Sender address is not one of yours'),
  authors: (problem: AuthorProblem): SmtpReply =>
    new SmtpReply(550, `${authorCodes[problem.kind] ?? '5.6.0'} ${authorProblemText(problem)}`),
  nulInMessage: (): SmtpReply => new SmtpReply(554, '5.6.0 NUL in message'),
  headerTooLarge: (): SmtpReply => new SmtpReply(552, '5.3.4 Header too large'),
  noSuchUser: (): SmtpReply => new SmtpReply(550, '5.1.1 No such user here'),
  relayDenied: (): SmtpReply => new SmtpReply(550, '5.7.1 Relaying denied'),
  bareLineEnding: (): SmtpReply => new SmtpReply(550, '5.6.11 Bare CR or LF in message'),
  tooLarge: (): SmtpReply => new SmtpReply(552, '5.3.4 Message too large'),
  overQuota: (): SmtpReply => new SmtpReply(552, '5.2.2 Mailbox full'),
  mailboxFull: (): SmtpReply => new SmtpReply(452, '4.2.2 Mailbox full, try again later'),
  tooLargeForMailbox: (): SmtpReply =>
    new SmtpReply(552, '5.2.3 Message larger than the whole mailbox'),
  nobodyHere: (): SmtpReply => new SmtpReply(450, '4.3.5 No account here yet'),
  tooManyHops: (): SmtpReply => new SmtpReply(554, '5.4.6 Too many hops, mail loop'),
  noMemory: (): SmtpReply => new SmtpReply(452, '4.3.1 Server is busy, try again'),
  connectionLost: (): SmtpReply => new SmtpReply(451, '4.4.2 Connection lost'),
  storeBusy: (): SmtpReply => new SmtpReply(451, '4.3.0 Temporary local problem, try again'),
  badParameter: (name: string): SmtpReply =>
    new SmtpReply(501, `5.5.4 Parameter ${name} has a value with characters it may not have`),
  unknownParameter: (name: string): SmtpReply =>
    new SmtpReply(555, `5.5.4 Parameter ${name} not known`),
  spaceBeforePath: (): SmtpReply => new SmtpReply(501, '5.5.4 Syntax: no space before the address'),
  badSenderPath: (): SmtpReply =>
    new SmtpReply(501, '5.1.7 Syntax: MAIL FROM:<address>, and parameters behind a space'),
  badRecipientPath: (): SmtpReply =>
    new SmtpReply(501, '5.1.3 Syntax: RCPT TO:<address>, and parameters behind a space'),
}

export function pathReply(verb: PathVerb, problem: PathProblem): SmtpReply {
  switch (problem.kind) {
    case 'malformed':
      return verb === 'MAIL' ? replies.badSenderPath() : replies.badRecipientPath()
    case 'spaceBeforePath':
      return replies.spaceBeforePath()
    case 'badParameter':
      return replies.badParameter(problem.name)
    case 'unknownParameter':
      return replies.unknownParameter(problem.name)
  }
}

/** The one mapping from an error to a reply. `isUnexpected`: to be logged with its stack. */
export function replyOf(error: unknown): {
  readonly reply: SmtpReply
  readonly isUnexpected: boolean
} {
  if (error instanceof SmtpReply) return { reply: error, isUnexpected: false }
  if (!(error instanceof MailError)) return { reply: replies.storeBusy(), isUnexpected: true }
  switch (error.kind) {
    case 'limit':
      return {
        reply:
          error.code === 'quota.exceeded'
            ? replies.overQuota()
            : new SmtpReply(552, `5.3.4 ${error.publicText}`),
        isUnexpected: false,
      }
    case 'busy':
      return { reply: replies.storeBusy(), isUnexpected: false }
    case 'denied':
      return { reply: new SmtpReply(550, `5.7.1 ${error.publicText}`), isUnexpected: false }
    case 'notFound':
      return { reply: replies.noSuchUser(), isUnexpected: false }
    case 'invalid':
      return { reply: new SmtpReply(554, `5.6.0 ${error.publicText}`), isUnexpected: false }
    case 'conflict':
    case 'failed':
      return { reply: replies.storeBusy(), isUnexpected: true }
  }
}
