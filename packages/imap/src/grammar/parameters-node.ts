import type { CompilerNode } from '@zone-eu/wildduck/imap-core/lib/handler/imap-handler.js'

import { stringNode } from './string-node.ts'

/** `body-fld-param` of RFC 3501 section 9. A value that is not ASCII is written as RFC 2231 section 4 has it: `filename*` is `utf-8''...`. */
export function parametersNode(params: Readonly<Record<string, string>>): CompilerNode {
  const nodes: CompilerNode[] = []
  for (const [name, value] of Object.entries(params)) {
    if (/^[\x00-\x7f]*$/.test(value)) nodes.push(stringNode(name), stringNode(value))
    else nodes.push(stringNode(`${name}*`), stringNode(`utf-8''${percentEncoded(value)}`))
  }
  return nodes.length === 0 ? null : nodes
}

// RFC 2231 section 7 `attribute-char`: encodeURIComponent leaves a few more. It throws at lone surrogates.
function percentEncoded(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /['()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
