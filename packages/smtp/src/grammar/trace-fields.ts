export interface ReceivedField {
  /** What the client called itself. */
  readonly helo: string
  readonly clientAddress: string
  readonly hostname: string
  /** `ESMTP`, `ESMTPS`, `ESMTPSA`, ... (RFC 3848). */
  readonly transmissionType: string
  readonly sessionId: string
  /** The recipient when there is just one: more would tell them of each other. */
  readonly recipient: string | undefined
  readonly at: Date
}

/** RFC 5321 section 4.4: `Received:`, CRLF-terminated. */
export function receivedField(field: ReceivedField): string {
  const literal = field.clientAddress.includes(':')
    ? `[IPv6:${field.clientAddress}]`
    : `[${field.clientAddress}]`
  const helo = field.helo.replaceAll(/[^\x21-\x7e]|[()<>\\]/g, '?').slice(0, 255)
  const recipient = field.recipient === undefined ? '' : `\r\n\tfor <${field.recipient}>`
  return (
    `Received: from ${helo} (${literal})\r\n\tby ${field.hostname} (Gatepost) with ${field.transmissionType} id ${field.sessionId}` +
    `${recipient};\r\n\t${rfc5322Date(field.at)}\r\n`
  )
}

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** RFC 5322 section 3.3, in UTC: `Mon, 2 Jan 2026 03:04:05 +0000`. */
export function rfc5322Date(at: Date): string {
  const time = at.toISOString().slice(11, 19)
  return `${days[at.getUTCDay()]}, ${at.getUTCDate()} ${months[at.getUTCMonth()]} ${at.getUTCFullYear()} ${time} +0000`
}
