import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { isParsed } from '../../test/arbitrary-argument.ts'
import { decodeMailboxName, encodeMailboxName, joinPath, splitPath } from './mailbox-name.ts'

const utf8 = (text: string): string => Buffer.from(text).toString('latin1')

describe('decodeMailboxName', () => {
  it.each([
    // RFC 3501 section 5.1.3
    ['~peter/mail/&U,BTFw-/&ZeVnLIqe-', '~peter/mail/台北/日本語'],
    ['Entw&APw-rfe', 'Entwürfe'],
    ['&-', '&'],
    ['Tom &- Jerry', 'Tom & Jerry'],
    ['&2D3eAA-', '😀'],
    ['inbox', 'INBOX'],
    ['iNbOx/Inbox', 'INBOX/Inbox'],
    ['Inboxes', 'Inboxes'],
    ['a/inbox', 'a/inbox'],
    // A dotless i is no i.
    [utf8('ınbox'), 'ınbox'],
    // Raw, from clients that know no UTF-7
    [utf8('Entwürfe'), 'Entwürfe'],
    ['Tom & Jerry', 'Tom & Jerry'],
    ['&Jjo', '&Jjo'],
    ['&AGE-', '&AGE-'],
    ['&U,BTFw-&ZeVnLIqe-', '&U,BTFw-&ZeVnLIqe-'],
    ['&U,BTFx-', '&U,BTFx-'],
    ['&2D0-', '&2D0-'],
    ['&APwA-', '&APwA-'],
    ['&A PwA-', '&A PwA-'],
    // NFC
    ['u&Awg-', 'ü'],
    [utf8('u\u0308'), 'ü'],
  ])('reads %j as %j', (written, name) => {
    expect(decodeMailboxName(written)).toBe(name)
  })

  it.each(['\u00ff', 'a\r\nb', 'a\0', '&AAo-', '&AIU-', 'x'.repeat(16_385)])(
    'refuses %j',
    (written) => {
      expect(isParsed(() => decodeMailboxName(written))).toBe(false)
    },
  )

  it('throws nothing but imap.syntax', () => {
    const shifted = fc.string({
      unit: fc.constantFrom('&', '-', ',', '+', 'A', 'B', 'w', 'é', '/'),
    })
    const bytes = fc.string({ unit: fc.integer({ max: 255 }).map((n) => String.fromCharCode(n)) })
    fc.assert(
      fc.property(fc.oneof(shifted, bytes), (written) => {
        expect(isParsed(() => decodeMailboxName(written))).toBeTypeOf('boolean')
      }),
    )
  })

  it('gives back every name that was encoded, in printable ASCII', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const name = text.replace(/\p{Cc}/gu, '').normalize('NFC')
        const written = encodeMailboxName(name)
        expect(written).toMatch(/^[\x20-\x7e]*$/)
        expect(decodeMailboxName(written)).toBe(name.replace(/^inbox(?=\/|$)/i, 'INBOX'))
      }),
    )
  })
})

describe('splitPath', () => {
  it.each([
    ['a/b/c', ['a', 'b', 'c']],
    ['a/b/', ['a', 'b']],
    ['a', ['a']],
    ['/a', ['', 'a']],
    ['a//b', ['a', '', 'b']],
    ['/', []],
    ['', []],
  ])('splits %j', (name, levels) => {
    expect(splitPath(name)).toEqual(levels)
  })

  it('is undone by joinPath', () => {
    expect(splitPath(joinPath(['a', 'b']))).toEqual(['a', 'b'])
  })
})
