import { encodeWords } from '@gatepost/mime'
import handler, { type CompilerNode } from '@zone-eu/wildduck/imap-core/lib/handler/imap-handler.js'

import { isQuotable, utf8Bytes, withoutNul } from './response-text.ts'

/**
 * A string for WildDuck's compiler, which quotes by JSON's rules: those are IMAP's for printable ASCII alone, so all else is a literal of its UTF-8 bytes.
 * Null is NIL.
 */
export function stringNode(text: string | null): CompilerNode {
  if (text === null) return null
  return isQuotable(text)
    ? { type: 'STRING', value: text }
    : { type: 'LITERAL', value: utf8Bytes(text) }
}

/** A text that clients decode: as it was written where that is known (encoded words nobody here could decode), else in RFC 2047 words unless it is ASCII. */
export function textNode(text: string | null, asWritten?: string): CompilerNode {
  return stringNode(asWritten ?? (text === null ? null : encodeWords(withoutNul(text))))
}

export function numberNode(value: number): CompilerNode {
  return { type: 'NUMBER', value }
}

/**
 * Nodes as text, a space between them. Only for a few nodes at a time: the compiler looks back at all it has written before it writes the next one,
 * so for a whole structure its time is the square of the length (17 s for 1 MB).
 */
export function compileNodes(nodes: readonly CompilerNode[]): string {
  return handler.compiler({ attributes: nodes })
}
