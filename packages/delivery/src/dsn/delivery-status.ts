import { isAscii } from 'node:buffer'
import { randomBytes } from 'node:crypto'

import { rfc5322Date } from '@gatepost/smtp'

/** What to report of one recipient (RFC 3464 section 2.3). */
export interface RecipientStatus {
  readonly address: string
  readonly originalRecipient: string | null
  readonly action: 'failed' | 'delayed' | 'relayed' | 'delivered'
  /** RFC 3463: `5.1.1`. */
  readonly status: string
  /** The reply of the other server, its lines with LF between them, or our own reason. */
  readonly reply: string
  readonly remoteHost: string | null
}

export interface StatusReport {
  readonly hostname: string
  /** The reverse-path of the message that it is about. */
  readonly to: string
  readonly recipients: readonly RecipientStatus[]
  readonly envelopeId: string | null
  readonly arrivedAt: Date
  readonly now: Date
  readonly original: Buffer
  readonly dsnReturn: 'full' | 'headers'
}

// A bounce of a huge message is no second huge message.
const maxReturnedBytes = 65_536

/** A delivery status notification: multipart/report (RFC 6522) with text, message/delivery-status (RFC 3464) and what came back. */
export function buildStatusReport(report: StatusReport): Buffer {
  const boundary = `=_${randomBytes(16).toString('hex')}`
  const isUndelivered = report.recipients.some(({ action }) => action === 'failed')
  const subject = isUndelivered
    ? 'Undelivered mail: returned to sender'
    : 'Delivery status of your mail'
  // RFC 6533 section 3: for addresses that are no ASCII.
  const isGlobal = report.recipients.some(({ address }) => isBeyondAscii(address))
  const status = isGlobal ? 'global-delivery-status' : 'delivery-status'
  const head = [
    `Date: ${rfc5322Date(report.now)}`,
    `From: Mail Delivery System <postmaster@${report.hostname}>`,
    `To: <${report.to}>`,
    `Subject: ${subject}`,
    `Message-ID: <${randomBytes(16).toString('hex')}@${report.hostname}>`,
    // RFC 3834 section 5: no automatic reply to this.
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    // RFC 6522 section 3: the subtype of the second part.
    `Content-Type: multipart/report; report-type=${status};\r\n\tboundary="${boundary}"`,
    '',
    '',
  ]
  const returned = returnedPart(report)
  const parts = [
    textPart(report),
    `Content-Type: message/${status}\r\n${isGlobal ? 'Content-Transfer-Encoding: 8bit\r\n' : ''}\r\n${statusFields(report)}`,
    `Content-Type: ${returned.type}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n`,
  ]
  return Buffer.concat([
    Buffer.from(
      `${head.join('\r\n')}${parts.map((part) => `--${boundary}\r\n${part}`).join('\r\n')}`,
    ),
    returned.content,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ])
}

function textPart({ hostname, recipients }: StatusReport): string {
  const sentences = {
    failed: 'could not be delivered to',
    delayed: 'is still on its way to',
    relayed: 'was handed on for',
    delivered: 'was delivered to',
  }
  const lines = recipients.map(
    ({ address, action, reply }) =>
      `Your mail ${sentences[action]} ${address}:\r\n    ${reply.replaceAll('\n', '\r\n    ')}\r\n`,
  )
  return `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nThis is the mail server ${hostname}.\r\n\r\n${lines.join('\r\n')}`
}

function statusFields(report: StatusReport): string {
  const perMessage = [
    ...(report.envelopeId === null ? [] : [`Original-Envelope-Id: ${report.envelopeId}`]),
    `Reporting-MTA: dns; ${report.hostname}`,
    `Arrival-Date: ${rfc5322Date(report.arrivedAt)}`,
  ]
  const groups = report.recipients.map((recipient) => [
    ...(recipient.originalRecipient === null
      ? []
      : [`Original-Recipient: ${recipient.originalRecipient}`]),
    `Final-Recipient: ${isBeyondAscii(recipient.address) ? 'utf-8' : 'rfc822'}; ${recipient.address}`,
    `Action: ${recipient.action}`,
    `Status: ${recipient.status}`,
    ...(recipient.remoteHost === null ? [] : [`Remote-MTA: dns; ${recipient.remoteHost}`]),
    // RFC 3461 section 9.2: each line of the reply is one of the field.
    `Diagnostic-Code: smtp; ${recipient.reply}`.split('\n').map(folded).join('\r\n '),
    `Last-Attempt-Date: ${rfc5322Date(report.now)}`,
  ])
  return `${[perMessage, ...groups].map((fields) => fields.join('\r\n')).join('\r\n\r\n')}\r\n`
}

function returnedPart({ original, dsnReturn }: StatusReport): {
  readonly type: string
  readonly content: Buffer
} {
  const found = original.indexOf('\r\n\r\n')
  const header = original.subarray(0, found === -1 ? original.length : found + 2)
  // RFC 6533 section 4: where the header has UTF-8.
  const isGlobal = !isAscii(header)
  return dsnReturn === 'full' && original.length <= maxReturnedBytes
    ? { type: isGlobal ? 'message/global' : 'message/rfc822', content: original }
    : {
        type: isGlobal ? 'message/global-headers' : 'text/rfc822-headers',
        content: header.subarray(0, maxReturnedBytes),
      }
}

function isBeyondAscii(text: string): boolean {
  return /[^\x00-\x7f]/.test(text)
}

/** At blanks, to lines of 78 characters where words allow (RFC 5322 section 2.2.3). */
function folded(field: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of field.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > 77) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line].join('\r\n ')
}
