import { type MimePart, renderedType } from '@gatepost/mime'
import type { CompilerNode } from '@zone-eu/wildduck/imap-core/lib/handler/imap-handler.js'

import { envelopeText } from './envelope-text.ts'
import { parametersNode } from './parameters-node.ts'
import { compileNodes, numberNode, stringNode, textNode } from './string-node.ts'

/**
 * The value of BODYSTRUCTURE or, without extension data, of BODY (RFC 3501 section 7.4.2), one character for each byte.
 * Depth is bounded by the index.
 */
export function bodyStructureText(part: MimePart, hasExtensions: boolean): string {
  const { type, subtype } = renderedType(part)
  const isMultipart = type === 'multipart'
  const values = isMultipart
    ? [
        part.parts.map((child) => bodyStructureText(child, hasExtensions)).join(''),
        compileNodes([stringNode(subtype)]),
      ]
    : [compileNodes(basicFields(part)), ...messageFields(part, hasExtensions)]
  if (type === 'text') values.push(String(part.lines))
  if (hasExtensions) {
    const first = isMultipart ? parametersNode(part.params) : stringNode(part.md5)
    values.push(compileNodes([first, ...commonExtensions(part)]))
  }
  return `(${values.join(' ')})`
}

function basicFields(part: MimePart): readonly CompilerNode[] {
  const { type, subtype } = renderedType(part)
  return [
    stringNode(type),
    stringNode(subtype),
    parametersNode(part.params),
    stringNode(bracketed(part.contentId)),
    textNode(part.description),
    stringNode(part.encoding),
    numberNode(part.bodyEnd - part.bodyStart),
  ]
}

/** Only of message/rfc822: in RFC 3501 a message/global is like any other part, and clients that know no more would lose their place. */
function messageFields(part: MimePart, hasExtensions: boolean): readonly string[] {
  if (part.message === null || part.type !== 'message' || part.subtype !== 'rfc822') return []
  return [
    envelopeText(part.message.envelope),
    bodyStructureText(part.message.root, hasExtensions),
    String(part.lines),
  ]
}

/** Disposition, language, location. */
function commonExtensions(part: MimePart): readonly CompilerNode[] {
  const { disposition, languages } = part
  const [language = null] = languages
  return [
    disposition === null
      ? null
      : [stringNode(disposition.type), parametersNode(disposition.params)],
    languages.length > 1 ? languages.map(stringNode) : stringNode(language),
    stringNode(part.location),
  ]
}

function bracketed(contentId: string | null): string | null {
  return contentId === null || contentId === '' ? null : `<${contentId}>`
}
