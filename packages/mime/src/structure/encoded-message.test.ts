import { describe, expect, it } from 'vitest'

import { searchText } from '../body/search-text.ts'
import type { MimePart } from '../mime-index.ts'
import { indexMessage } from './index-message.ts'
import { findPart, placePart, renderedType } from './sections.ts'

const mail = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'), 'utf8')
const body = (bytes: Buffer, part: MimePart | undefined): string =>
  part === undefined ? 'no such part' : bytes.toString('latin1', part.bodyStart, part.bodyEnd)

describe('a message in base64 or quoted-printable', () => {
  const inner = mail(
    'Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
    'Content-Type: multipart/mixed; boundary=i',
    '',
    '--i',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    '',
    'h=C3=A4llo',
    '--i',
    'Content-Type: message/rfc822',
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from('Subject: deep\r\n\r\nx').toString('base64'),
    '--i--',
  )
  const encoded = (...messages: readonly Buffer[]): Buffer =>
    mail(
      'Content-Type: multipart/mixed; boundary=o',
      '',
      ...messages.flatMap((message) => [
        '--o',
        'Content-Type: message/rfc822',
        'Content-Transfer-Encoding: base64',
        '',
        message.toString('base64').replace(/.{76}/g, '$&\r\n'),
      ]),
      '--o',
      '',
      'beside',
      '--o--',
    )

  it('is opened: offsets inside are of its decoded body', () => {
    const bytes = encoded(inner)
    const index = indexMessage(bytes)
    const [part] = index.root.parts
    expect(part?.message).toMatchObject({ isEncoded: true, envelope: { subject: 'Grüße' } })
    expect(renderedType(part ?? index.root).type).toBe('message')
    expect(findPart(index.root, '1.1')).toBeUndefined()
    const place = placePart(index.root, '1.1')
    expect(place?.encodedIn).toBe(part)
    expect(body(inner, place?.part)).toBe('h=C3=A4llo')
    expect(body(bytes, findPart(index.root, '2'))).toBe('beside')
    expect(searchText(bytes, index, 100)).toBe('hällo\nbeside')
  })

  it('stays closed within another, and beyond the limit', () => {
    const { root } = indexMessage(encoded(inner))
    expect(placePart(root, '1.2')?.part.message).toBeNull()
    const closed = indexMessage(encoded(inner), { maxEncodedMessageBytes: 100 })
    expect(closed.isTruncated).toBe(true)
    expect(renderedType(closed.root.parts[0] ?? root).type).toBe('application')
    // The limit is of all of them together.
    const [first] = indexMessage(encoded(inner)).root.parts
    const limited = indexMessage(encoded(inner, inner), {
      maxEncodedMessageBytes: (first?.bodyEnd ?? 0) - (first?.bodyStart ?? 0),
    })
    expect(limited.root.parts.map(({ message }) => message?.isEncoded)).toEqual([
      true,
      undefined,
      undefined,
    ])
  })
})
