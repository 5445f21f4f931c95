import type { AbuseKind, AuthFailureLog, SecurityContext } from '@gatepost/security-crowdsec'

import { replies } from '../session/smtp-reply.ts'

/** As smtp-server says it. */
export const tooSoon = 'You talk too soon'
const tooManyBadCommands = /^Error: too many un/

export interface AbuseReportsOptions {
  readonly security: Pick<AuthFailureLog, 'protocolAbuse' | 'addressProbed'>
  readonly context: () => SecurityContext
}

/** What a session does against the protocol, under the names that scenarios count. */
export class AbuseReports {
  readonly #options: AbuseReportsOptions
  #hasSome = false

  constructor(options: AbuseReportsOptions) {
    this.#options = options
  }

  get hasSome(): boolean {
    return this.#hasSome
  }

  add(kind: AbuseKind, detail?: string): void {
    const { security, context } = this.#options
    this.#hasSome = true
    security.protocolAbuse(context(), { kind, ...(detail === undefined ? {} : { detail }) })
  }

  /** A 421 was answered: its words are all that smtp-server tells of the reason. Those of a good-bye are no abuse. */
  closing(words: string): void {
    if (words.includes('HTTP requests')) this.add('http_on_mail_port')
    else if (words.includes('ommand line too long')) this.add('line_too_long')
    else if (words.endsWith(tooSoon)) this.add('early_talker')
    else if (words === replies.tooManyIdleCommands().message) this.add('idle_commands')
    else if (words === replies.tooManyErrors().message || tooManyBadCommands.test(words))
      this.add('too_many_errors', words)
  }

  /** VRFY or EXPN. */
  probed(command: 'VRFY' | 'EXPN', line: Buffer): void {
    const { security, context } = this.#options
    const recipient = line.toString('utf8').trim().slice(command.length).trim()
    security.addressProbed(context(), { command, recipient })
  }
}
