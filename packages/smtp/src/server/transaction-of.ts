import { parseAddress } from '@gatepost/core'
import type { SMTPServerAddress, SMTPServerSession } from 'smtp-server'

import type { SmtpPath, SmtpRecipient, SmtpTransaction } from '../session/policy.ts'

const notifyWords = {
  NEVER: 'never',
  SUCCESS: 'success',
  FAILURE: 'failure',
  DELAY: 'delay',
} as const

/** What smtp-server has read of a transaction, as policies take it. */
export function transactionOf({ envelope }: SMTPServerSession): SmtpTransaction {
  const { rcptTo, dsn, requireTLS } = envelope
  const recipients = rcptTo.map(recipientOf)
  const byNormalForm = new Map(
    recipients.map((one) => [parseAddress(one.address)?.address ?? one.address, one]),
  )
  return {
    reversePath: reversePathOf(envelope),
    recipients: [...byNormalForm.values()],
    envelopeId: dsn?.envid ?? null,
    dsnReturn: dsn?.ret === 'FULL' ? 'full' : 'headers',
    isTlsRequired: requireTLS === true,
  }
}

export function reversePathOf({ mailFrom }: SMTPServerSession['envelope']): string {
  return mailFrom === false ? '' : mailFrom.address
}

/** Of MAIL itself: the envelope does not have its parameters yet. */
export function senderPathOf({ address, args }: SMTPServerAddress): SmtpPath {
  return { address, isUtf8Announced: args !== false && args['SMTPUTF8'] === true }
}

export function recipientPathOf(
  { address }: SMTPServerAddress,
  { envelope }: SMTPServerSession,
): SmtpPath {
  return { address, isUtf8Announced: envelope.smtpUtf8 === true }
}

function recipientOf({ address, dsn }: SMTPServerAddress): SmtpRecipient {
  const notify = (dsn?.notify ?? []).flatMap((word) =>
    word in notifyWords ? [notifyWords[word as keyof typeof notifyWords]] : [],
  )
  return { address, notify, originalRecipient: dsn?.orcpt ?? null }
}
