import type { MimePart } from '@gatepost/mime'

import type { MessageSource } from './message-source.ts'

/** RFC 8621 section 4.1.4. */
export interface BodyValueView {
  readonly value: string
  readonly isEncodingProblem: boolean
  readonly isTruncated: boolean
}

/** `maxBytes` 0: all of it. */
export function bodyValue(source: MessageSource, part: MimePart, maxBytes: number): BodyValueView {
  const { text, isEncodingProblem, isTruncated } = source.text(
    part,
    maxBytes === 0 ? undefined : maxBytes,
  )
  const kept = isTruncated && part.subtype === 'html' ? beforeOpenTag(text) : text
  return {
    value: kept.replaceAll('\r\n', '\n').replaceAll(/[\r\0]/g, ''),
    isEncodingProblem,
    isTruncated,
  }
}

/** RFC 8621 section 4.2: no cut inside a tag. */
function beforeOpenTag(html: string): string {
  const open = html.lastIndexOf('<')
  return open > html.lastIndexOf('>') ? html.slice(0, open) : html
}
