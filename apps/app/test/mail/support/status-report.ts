/** Header fields by lower-case name, unfolded. */
export type Fields = Readonly<Record<string, string>>

export interface ReadReport {
  readonly header: string
  readonly text: string
  readonly perMessage: Fields
  readonly recipients: readonly Fields[]
  readonly returned: { readonly type: string; readonly content: string }
}

/** Takes a delivery status notification apart by RFC 6522 section 3 and RFC 3464 section 2. @throws Error for anything else */
export function readReport(message: string): ReadReport {
  const { header, body } = entityOf(message)
  const type = fieldsOf(header)['content-type'] ?? ''
  const boundary = /\bboundary="([^"]+)"/.exec(type)?.[1]
  // RFC 6533 section 3: global where an address is beyond ASCII.
  const kind = /^multipart\/report; *report-type=((?:global-)?delivery-status);/.exec(type)?.[1]
  if (boundary === undefined || kind === undefined)
    throw new Error(`no delivery status notification: ${type}`)
  const [, ...pieces] = `\r\n${body}`.split(`\r\n--${boundary}`)
  if (pieces.pop() !== '--\r\n') throw new Error('the last boundary is missing')
  const parts = pieces.map((piece) => entityOf(piece.replace(/^\r\n/, '')))
  const [text, status, returned, ...more] = parts
  if (text === undefined || status === undefined || returned === undefined || more.length > 0)
    throw new Error(`${parts.length} parts instead of 3`)
  if (typeOf(text) !== 'text/plain' || typeOf(status) !== `message/${kind}`)
    throw new Error(`${typeOf(text)}, ${typeOf(status)}`)
  const [perMessage, ...recipients] = status.body
    .split('\r\n\r\n')
    .filter((group) => group.trim() !== '')
    .map((group) => fieldsOf(`${group}\r\n`))
  return {
    header,
    text: text.body,
    perMessage: perMessage ?? {},
    recipients,
    returned: { type: typeOf(returned), content: returned.body },
  }
}

interface Entity {
  readonly header: string
  readonly body: string
}

function entityOf(text: string): Entity {
  const end = text.indexOf('\r\n\r\n')
  if (end === -1) throw new Error(`no end of the header in: ${text}`)
  return { header: text.slice(0, end + 2), body: text.slice(end + 4) }
}

function typeOf({ header }: Entity): string {
  return (fieldsOf(header)['content-type'] ?? '').split(';')[0]?.trim() ?? ''
}

function fieldsOf(header: string): Fields {
  const lines = header.replaceAll(/\r\n[\t ]+/g, ' ').split('\r\n')
  return Object.fromEntries(
    lines
      .filter((line) => line !== '')
      .map((line) => {
        const colon = line.indexOf(':')
        if (colon < 1) throw new Error(`no header field: ${line}`)
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
      }),
  )
}
