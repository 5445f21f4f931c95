import { normaliseDomain } from '@gatepost/core'
import type { Address, Envelope } from '@gatepost/mime'
import type { CompilerNode } from '@zone-eu/wildduck/imap-core/lib/handler/imap-handler.js'

import { compileNodes, stringNode, textNode } from './string-node.ts'

/** The value of ENVELOPE (RFC 3501 section 7.4.2), one character for each byte. */
export function envelopeText(envelope: Envelope): string {
  const { from, sender, replyTo } = envelope
  const values = [
    compileNodes([
      stringNode(envelope.date),
      textNode(envelope.subject, envelope.subjectAsWritten),
    ]),
    addressesText(from),
    // RFC 3501 section 7.4.2: absent or empty, they are what From is.
    addressesText(sender.length === 0 ? from : sender),
    addressesText(replyTo.length === 0 ? from : replyTo),
    addressesText(envelope.to),
    addressesText(envelope.cc),
    addressesText(envelope.bcc),
    compileNodes([stringNode(envelope.inReplyTo), stringNode(envelope.messageId)]),
  ]
  return `(${values.join(' ')})`
}

function addressesText(addresses: readonly Address[]): string {
  if (addresses.length === 0) return 'NIL'
  return `(${addresses.map((address) => compileNodes([addressNode(address)])).join('')})`
}

/** Name, route, mailbox, host. A host of NIL means a group, so what was written without a domain has an empty one. */
function addressNode(address: Address): CompilerNode {
  switch (address.kind) {
    case 'mailbox':
      return [
        textNode(address.name, address.nameAsWritten),
        stringNode(address.route ?? null),
        stringNode(address.local),
        stringNode(hostText(address.domain)),
      ]
    case 'groupStart':
      return [null, null, textNode(address.name, address.nameAsWritten), null]
    case 'groupEnd':
      return [null, null, null, null]
  }
}

function hostText(domain: string): string {
  return /^[\x00-\x7f]*$/.test(domain) ? domain : (normaliseDomain(domain) ?? domain)
}
