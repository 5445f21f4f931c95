import { randomUUID } from 'node:crypto'

import {
  headerFields,
  isNotToLeave,
  parseAddressList,
  rawValue,
  returnPathField,
  unfold,
  type HeaderField,
} from '@gatepost/mime'

import { flatAddresses } from '../mail/addresses.ts'
import { rfc5322Date } from './draft-header.ts'

/** What a submission needs to know of a message's header. */
export interface OutgoingHeader {
  /** Of all From fields: every author. */
  readonly from: readonly string[]
  /** First address of the last Sender field. */
  readonly sender: string | undefined
  /** To, Cc and Bcc, without doubles. */
  readonly recipients: readonly string[]
}

export function readOutgoingHeader(content: Buffer): OutgoingHeader {
  const fields = headerFields(content, 0, content.length)
  const addressesOf = (name: string): string[] =>
    fields
      .filter((field) => field.name.toLowerCase() === name)
      .flatMap((field) => flatAddresses(parseAddressList(unfold(rawValue(content, field)))))
      .map(({ email }) => email)
  return {
    from: addressesOf('from'),
    sender: addressesOf('sender')[0],
    recipients: [...new Set([...addressesOf('to'), ...addressesOf('cc'), ...addressesOf('bcc')])],
  }
}

/** The bytes to submit, in pieces: Return-Path first (see `SubmittedMessage`), without Bcc (RFC 8621 section 7.5) and what only a server may write, with Date and Message-ID (RFC 6409 section 8), all else as it is. */
export function outgoingContent(
  content: Buffer,
  options: { readonly reversePath: string; readonly hostname: string; readonly now: number },
): Buffer[] {
  const fields = headerFields(content, 0, content.length)
  const names = new Set(fields.map(({ name }) => name.toLowerCase()))
  const added = [returnPathField(options.reversePath)]
  if (!names.has('date')) added.push(`Date: ${rfc5322Date(options.now, 0)}\r\n`)
  if (!names.has('message-id')) added.push(`Message-ID: <${randomUUID()}@${options.hostname}>\r\n`)
  const kept = fields.filter((field) => !isNotToLeave(content, field, options))
  const headerEnd = fields.at(-1)?.end ?? 0
  return [
    Buffer.from(added.join('')),
    ...kept.map((field: HeaderField) => content.subarray(field.start, field.end)),
    ...slicesOf(content.subarray(headerEnd)),
  ]
}

const sliceBytes = 262_144

function* slicesOf(bytes: Buffer): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; at += sliceBytes) yield bytes.subarray(at, at + sliceBytes)
}
