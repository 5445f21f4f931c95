/* oxlint-disable no-underscore-dangle -- names of nodemailer's */
import type SMTPConnection from 'nodemailer/lib/smtp-connection'

/** What the other server has said it can, in its answer to EHLO. */
export interface Peer {
  readonly has8BitMime: boolean
  readonly hasSmtpUtf8: boolean
  /** RFC 1870: octets of a message; 0: it has named no limit. */
  readonly maxBytes: number
}

/** Of nodemailer's connection, whose version is pinned: `send-message.test.ts` fails when they change. */
interface Internals {
  readonly _supportedExtensions: readonly string[]
  readonly _maxAllowedSize: number
  _sendCommand: (command: string, logged?: string | false) => void
}

export function peerOf(connection: SMTPConnection): Peer {
  const { _supportedExtensions: extensions, _maxAllowedSize: maxBytes } = internalsOf(connection)
  return {
    has8BitMime: extensions.includes('8BITMIME'),
    hasSmtpUtf8: extensions.includes('SMTPUTF8'),
    maxBytes,
  }
}

/** Says SMTPUTF8 with MAIL (RFC 6531 section 3.4): nodemailer does so for addresses alone, not for header fields. */
export function sayUtf8(connection: SMTPConnection): void {
  const internals = internalsOf(connection)
  const send = internals._sendCommand.bind(connection)
  internals._sendCommand = (command, logged) => {
    const isMail = command.startsWith('MAIL FROM:') && !/ SMTPUTF8(?: |$)/.test(command)
    send(isMail ? `${command} SMTPUTF8` : command, logged)
  }
}

function internalsOf(connection: SMTPConnection): Internals {
  return connection as unknown as Internals
}
