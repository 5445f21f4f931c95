import { randomUUID } from 'node:crypto'

import { headerFields } from '@gatepost/mime'

import { rfc5322Date } from '../grammar/trace-fields.ts'

/**
 * What a submission server writes in front of a message whose client did not (RFC 6409 section 8): From with the reverse-path, which is the account's own;
 * Date; Message-ID. With an empty line behind them where there was no header at all, as scripts send it. A message that was sent on (Resent fields) is
 * somebody else's: its From is not made up. Nor is it for the null reverse-path ''.
 */
export function missingFields(
  head: Buffer,
  {
    reversePath,
    hostname,
    at,
  }: { readonly reversePath: string; readonly hostname: string; readonly at: Date },
): string {
  const fields = headerFields(head, 0, head.length)
  const written = new Set(fields.map(({ name }) => name.toLowerCase()))
  // With a From further down a header was meant, and is broken: that is told.
  const hasNoHeader = fields[0]?.name === '' && !written.has('from')
  const names = hasNoHeader ? new Set<string>() : written
  const isSentOn = [...names].some((name) => name.startsWith('resent-'))
  const from = names.has('from') || isSentOn || reversePath === '' ? '' : `From: ${reversePath}\r\n`
  const date = names.has('date') ? '' : `Date: ${rfc5322Date(at)}\r\n`
  const id = names.has('message-id') ? '' : `Message-ID: <${randomUUID()}@${hostname}>\r\n`
  return from + date + id + (hasNoHeader ? '\r\n' : '')
}
