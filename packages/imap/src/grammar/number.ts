import type { Argument } from './argument.ts'
import { syntaxError } from './syntax-error.ts'

/**
 * A number of up to 63 bits (RFC 9051 section 9 `number64`); what is above 2^53 - 1 becomes that. `what` begins the sentence of the error.
 * @throws MailError invalid `imap.syntax`
 */
export function parseNumber(argument: Argument | undefined, what: string): number {
  const isNumber =
    argument?.kind === 'atom' && argument.section === undefined && /^\d{1,19}$/.test(argument.text)
  if (!isNumber) throw syntaxError(`${what} is not a number`)
  return Math.min(Number(argument.text), Number.MAX_SAFE_INTEGER)
}
