import type { MimePart } from '../mime-index.ts'

/** All parts, depth first, in the order of their bytes; those of nested messages included, but for encoded ones: they are in other bytes. */
export function* walkParts(root: MimePart): Iterable<MimePart> {
  const waiting = [root]
  for (let part = waiting.pop(); part !== undefined; part = waiting.pop()) {
    yield part
    if (part.message?.isEncoded === false) waiting.push(part.message.root)
    for (let i = part.parts.length - 1; i >= 0; i--) {
      const child = part.parts[i]
      if (child !== undefined) waiting.push(child)
    }
  }
}

export interface PlacedPart {
  readonly part: MimePart
  /** The part whose decoded body the offsets of `part` are in; null: they are in the raw message. */
  readonly encodedIn: MimePart | null
}

/**
 * The part an IMAP section number names (RFC 3501 section 6.4.5), without the HEADER, TEXT or MIME behind it; '' is the message.
 * Of a message/rfc822 part and the multipart inside it, which share a number, it is the message/rfc822 part.
 */
export function placePart(root: MimePart, section: string): PlacedPart | undefined {
  if (section === '') return { part: root, encodedIn: null }
  if (section.length > 400 || !/^[1-9]\d*(?:\.[1-9]\d*)*$/.test(section)) return undefined
  const [first, ...rest] = section.split('.').map(Number)
  let part = inMessage(root, first ?? 0)
  let encodedIn: MimePart | null = null
  for (const number of rest) {
    if (part === undefined) return undefined
    if (part.message?.isEncoded === true) encodedIn = part
    part = part.message === null ? part.parts[number - 1] : inMessage(part.message.root, number)
  }
  return part === undefined ? undefined : { part, encodedIn }
}

/** As `placePart`, of those parts alone whose bytes are in the raw message. */
export function findPart(root: MimePart, section: string): MimePart | undefined {
  const place = placePart(root, section)
  return place?.encodedIn === null ? place.part : undefined
}

// RFC 3501 section 6.4.5: a message that is not multipart has one part, number 1.
function inMessage(root: MimePart, number: number): MimePart | undefined {
  if (root.parts.length > 0) return root.parts[number - 1]
  return number === 1 ? root : undefined
}

/**
 * The type under which IMAP must show a part in BODYSTRUCTURE. A multipart without parts and a message that was not opened
 * have none of what their syntax demands, so both are application/octet-stream; everything else is as written.
 */
export function renderedType(part: MimePart): { type: string; subtype: string } {
  const isOpaqueMessage =
    part.type === 'message' &&
    (part.subtype === 'rfc822' || part.subtype === 'global') &&
    part.message === null
  const isOpaque = isOpaqueMessage || (part.type === 'multipart' && part.parts.length === 0)
  return isOpaque
    ? { type: 'application', subtype: 'octet-stream' }
    : { type: part.type, subtype: part.subtype }
}
