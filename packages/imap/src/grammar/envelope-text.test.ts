import { type Address, decodeWords, type Envelope, indexMessage } from '@gatepost/mime'
import fc from 'fast-check'
import { parseEnvelope } from 'imapflow/lib/tools.js'
import { describe, expect, it } from 'vitest'

import { parseValue, plainValue, type Plain } from '../../test/parse-value.ts'
import { envelopeText } from './envelope-text.ts'
import { withoutNul } from './response-text.ts'

const envelopeOf = (...lines: string[]): Envelope =>
  indexMessage(Buffer.from(`${lines.join('\r\n')}\r\n\r\n`)).envelope

describe('envelopeText', () => {
  it('is as in RFC 3501 section 7.4.2, with Sender and Reply-To from From', () => {
    const envelope = envelopeOf(
      'Date: Wed, 17 Jul 1996 02:23:25 -0700 (PDT)',
      'Subject: IMAP4rev1 WG mtg "summary" and \\minutes',
      'From: Terry Gray <gray@cac.washington.edu>',
      'To: imap@cac.washington.edu',
      'Cc: minutes@CNRI.Reston.VA.US, "John Klensin" <KLENSIN@MIT.EDU>',
      'Message-Id: <B27397-0100000@cac.washington.edu>',
    )
    const gray = '(("Terry Gray" NIL "gray" "cac.washington.edu"))'
    expect(envelopeText(envelope)).toBe(
      '("Wed, 17 Jul 1996 02:23:25 -0700 (PDT)" "IMAP4rev1 WG mtg \\"summary\\" and \\\\minutes" ' +
        `${gray} ${gray} ${gray} ((NIL NIL "imap" "cac.washington.edu")) ` +
        '((NIL NIL "minutes" "CNRI.Reston.VA.US")("John Klensin" NIL "KLENSIN" "MIT.EDU")) NIL NIL ' +
        '"<B27397-0100000@cac.washington.edu>")',
    )
  })

  it('keeps Sender and Reply-To that are there', () => {
    const envelope = envelopeOf('From: a@x.test', 'Sender: b@x.test', 'Reply-To: c@x.test')
    expect(envelopeText(envelope)).toBe(
      '(NIL NIL ((NIL NIL "a" "x.test")) ((NIL NIL "b" "x.test")) ((NIL NIL "c" "x.test")) NIL NIL NIL NIL NIL)',
    )
  })

  it('has the source route, and the addresses of all fields of a name', () => {
    const envelope = envelopeOf('To: A <@r.test, @s.test:a@x.test>', 'Cc: c@x.test', 'To: b@x.test')
    expect(envelopeText(envelope)).toBe(
      '(NIL NIL NIL NIL NIL (("A" "@r.test,@s.test" "a" "x.test")(NIL NIL "b" "x.test")) ((NIL NIL "c" "x.test")) NIL NIL NIL)',
    )
  })

  // They were decoded by guess, and came back as other words.
  it('has encoded words that nobody here can decode as they are', () => {
    const words = '=?x-unknown?Q?=E4?= =?utf-8?Q?=FF?= =?utf-8?Q?b'
    const envelope = envelopeOf(`Subject: ${words}`, `From: ${words} <a@x.test>`, `To: ${words}:;`)
    const from = `(("${words}" NIL "a" "x.test"))`
    expect(envelopeText(envelope)).toBe(
      `(NIL "${words}" ${from} ${from} ${from} ((NIL NIL "${words}" NIL)(NIL NIL NIL NIL)) NIL NIL NIL NIL)`,
    )
  })

  it('has no NUL', () => {
    expect(envelopeText(envelopeOf('Subject: a\0b', 'Date: \0'))).not.toContain('\0')
  })

  it('marks groups by NIL hosts, and never a mailbox without a domain', () => {
    const envelope = envelopeOf('To: Friends: a@x.test, b@x.test;, undisclosed:;', 'Cc: root')
    expect(envelopeText(envelope)).toBe(
      '(NIL NIL NIL NIL NIL ((NIL NIL "Friends" NIL)(NIL NIL "a" "x.test")(NIL NIL "b" "x.test")(NIL NIL NIL NIL)' +
        '(NIL NIL "undisclosed" NIL)(NIL NIL NIL NIL)) ((NIL NIL "root" "")) NIL NIL NIL)',
    )
  })

  it('is empty for an empty header', () => {
    expect(envelopeText(envelopeOf())).toBe('(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)')
  })

  // Stock imap-core made U+FFFD of raw UTF-8, and JSON escapes of control characters.
  it('writes raw UTF-8 in encoded words, hosts in A-labels, and control characters in literals', () => {
    const envelope = envelopeOf(
      'Subject: Grüße',
      'From: Jürgen <jürgen@bücher.test>',
      'Message-ID: <a\u0001b@c>',
    )
    const from = '(("=?utf-8?B?SsO8cmdlbg==?=" NIL {7}\r\nj\u00c3\u00bcrgen "xn--bcher-kva.test"))'
    expect(envelopeText(envelope)).toBe(
      `(NIL "=?utf-8?B?R3LDvMOfZQ==?=" ${from} ${from} ${from} NIL NIL NIL NIL {7}\r\n<a\u0001b@c>)`,
    )
  })

  it('is read by ImapFlow as it was written', () => {
    const value = parseValue(
      envelopeText(
        envelopeOf(
          'Date: Wed, 17 Jul 1996 02:23:25 -0700',
          'Subject: Grüße\taus "Köln" =?utf-8?q?=F0=9F=98=80?=',
          'From: "Jürgen (J.)" <j@x.test>',
          'To: Liste: ä@x.test;',
          'In-Reply-To: <a@b>',
        ),
      ),
    )
    const parsed = parseEnvelope(value as Parameters<typeof parseEnvelope>[0])
    expect(parsed).toMatchObject({
      date: new Date('1996-07-17T09:23:25Z'),
      subject: 'Grüße\taus "Köln" 😀',
      from: [{ name: 'Jürgen (J.)', address: 'j@x.test' }],
      inReplyTo: '<a@b>',
    })
  })
})

const text = fc.option(fc.string({ unit: 'binary', maxLength: 60 }))
const address: fc.Arbitrary<Address> = fc.oneof(
  fc.record({
    kind: fc.constant('mailbox' as const),
    name: text,
    local: fc.string({ unit: 'binary' }),
    domain: fc.string({ unit: 'grapheme-ascii' }),
  }),
  fc.record({ kind: fc.constant('groupStart' as const), name: fc.string() }),
  fc.constant<Address>({ kind: 'groupEnd' }),
)
const addresses = fc.array(address, { maxLength: 4 })
const envelopes: fc.Arbitrary<Envelope> = fc.record({
  date: text,
  sentAt: fc.constant(null),
  sentDay: fc.constant(null),
  subject: text,
  from: addresses,
  sender: addresses,
  replyTo: addresses,
  to: addresses,
  cc: addresses,
  bcc: addresses,
  inReplyTo: text,
  messageId: text,
  messageIds: fc.constant([]),
  inReplyToIds: fc.constant([]),
  referenceIds: fc.constant([]),
})

const utf8 = (latin1: Plain | undefined): string | null =>
  typeof latin1 === 'string' ? Buffer.from(latin1, 'latin1').toString() : null
/** What comes out of encoded words: no control characters unless all was ASCII. */
const visible = (t: string | null): string | null =>
  t?.replace(/\p{Cc}/gu, '').toWellFormed() ?? null
const decoded = (value: Plain | undefined): string | null => {
  const written = utf8(value)
  return written === null ? null : visible(decodeWords(written))
}

const wellFormed = (t: string | null): string | null =>
  t === null ? null : withoutNul(t.toWellFormed())

it('gives every field back through WildDuck’s parser, whatever is in it', () => {
  fc.assert(
    fc.property(envelopes, (envelope) => {
      const value = plainValue(parseValue(envelopeText(envelope)))
      if (value === null || typeof value === 'string') throw new Error('no list')
      expect(value).toHaveLength(10)
      expect(utf8(value[0])).toBe(wellFormed(envelope.date))
      expect(decoded(value[1])).toBe(visible(wellFormed(envelope.subject)))
      expect(utf8(value[9])).toBe(wellFormed(envelope.messageId))
      const lists = [envelope.from, envelope.sender, envelope.replyTo, envelope.to]
      for (const [i, list] of lists.entries()) {
        const shown = list.length === 0 && i < 3 ? envelope.from : list
        const written = value[i + 2] ?? []
        if (typeof written === 'string') throw new Error('no list')
        const fields = written.map((one) => {
          if (one === null || typeof one === 'string') throw new Error('no address')
          return [decoded(one[0]), one[1], visible(decoded(one[2])), utf8(one[3])]
        })
        expect(fields).toEqual(
          shown.map((one) =>
            one.kind === 'mailbox'
              ? [
                  visible(wellFormed(one.name)),
                  null,
                  visible(decodeWords(withoutNul(one.local))),
                  withoutNul(one.domain),
                ]
              : one.kind === 'groupStart'
                ? [null, null, visible(wellFormed(one.name)), null]
                : [null, null, null, null],
          ),
        )
      }
    }),
    { numRuns: 300 },
  )
})
