import { MailError } from '@gatepost/core'

/** What the client sent is not IMAP: the answer is `BAD` with this text. */
export function syntaxError(text: string): MailError {
  return new MailError('invalid', 'imap.syntax', text)
}
