import type { ModSeq } from '@gatepost/core'

import type { Argument } from './argument.ts'
import { parseNumber } from './number.ts'

/**
 * A mod-sequence-valzer of RFC 7162 section 7. It has 63 bits and a ModSeq 53: what is larger than any ModSeq is the largest.
 * @throws MailError invalid `imap.syntax`
 */
export function parseModSequence(argument: Argument | undefined): ModSeq | 0 {
  return parseNumber(argument, 'The mod-sequence') as ModSeq | 0
}
