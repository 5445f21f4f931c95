import { parseAddress, type EmailAddress } from '@gatepost/core'

import type { SmtpPath } from './policy.ts'
import { replies, type SmtpReply } from './smtp-reply.ts'

/** The address of a path. @throws SmtpReply: `refusal` when it is no address, 553 5.6.7 when it needs SMTPUTF8 (RFC 6531 section 3.5) */
export function checkPath(path: SmtpPath, refusal: () => SmtpReply): EmailAddress {
  if (!path.isUtf8Announced && /[^\x00-\x7f]/.test(path.address)) throw replies.utf8NotAnnounced()
  const address = parseAddress(path.address)
  if (address === undefined) throw refusal()
  return address
}
