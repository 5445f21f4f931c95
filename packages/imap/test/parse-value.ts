import handler, {
  type ParsedAttribute,
} from '@zone-eu/wildduck/imap-core/lib/handler/imap-handler.js'

/** A value of a response as WildDuck's parser reads it; strings have one character for each byte. */
export function parseValue(text: string): ParsedAttribute {
  const literals: Buffer[] = []
  let line = '* FETCH '
  let at = 0
  for (let open = literalAt(text, 0); open !== null; open = literalAt(text, at)) {
    line += text.slice(at, open.start)
    literals.push(Buffer.from(text.slice(open.start, open.start + open.length), 'latin1'))
    at = open.start + open.length
  }
  const { attributes = [] } = handler.parser(line + text.slice(at), {
    literals,
    literalPlus: false,
  })
  const [value = null, ...rest] = attributes
  if (rest.length > 0) throw new Error('more than one value')
  return value
}

/** Lists as arrays, strings and numbers as strings, NIL as null. */
export type Plain = string | null | readonly Plain[]

export function plainValue(value: ParsedAttribute): Plain {
  if (value === null) return null
  if ('value' in value) return String(value.value)
  return value.map(plainValue)
}

// No quoted string has a line end, so `{n}` before one begins a literal.
function literalAt(text: string, from: number): { start: number; length: number } | null {
  const pattern = /\{(\d+)\}\r\n/g
  pattern.lastIndex = from
  const match = pattern.exec(text)
  return match === null ? null : { start: pattern.lastIndex, length: Number(match[1]) }
}
