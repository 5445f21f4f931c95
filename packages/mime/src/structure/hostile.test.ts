import { describe, expect, it } from 'vitest'

import { decodeWords } from '../header/encoded-words.ts'
import { headerFields } from '../header/header-fields.ts'
import type { MimeIndex } from '../mime-index.ts'
import { indexMessage } from './index-message.ts'
import { LineScanner } from './line-scanner.ts'
import { walkParts } from './sections.ts'

const many = (count: number, make: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join('')
const index = (text: string): MimeIndex => indexMessage(Buffer.from(text, 'latin1'))
const countParts = (found: MimeIndex): number => [...walkParts(found.root)].length

// Each of these took seconds or a stack overflow in a parser we looked at.
describe('hostile mail', () => {
  it('takes 80 kB of bare CR for one line', () => {
    const found = index('\r'.repeat(80_000))
    expect(found.root).toMatchObject({ bodyStart: 80_000, bodyEnd: 80_000, lines: 0 })
    expect(index(`Subject: a${'\r'.repeat(80_000)}b\r\n\r\n`).envelope.subject).toBe('a b')
  })

  it('reads 100 of 80,000 parameters', () => {
    const found = index(`Content-Type: text/html${many(80_000, (i) => `; p${i}=v`)}\r\n\r\nx`)
    expect(Object.keys(found.root.params)).toHaveLength(100)
    expect(found).toMatchObject({ isTruncated: true, root: { subtype: 'html' } })
  })

  it('opens 32 of 5,000 nested messages', () => {
    const found = index('Content-Type: message/rfc822\r\n\r\n'.repeat(5_000))
    expect(countParts(found)).toBe(33)
    expect(found.isTruncated).toBe(true)
  })

  it('opens 32 of 2,000 nested multiparts', () => {
    const nested = many(
      2_000,
      (i) => `Content-Type: multipart/mixed; boundary=b${10_000 + i}\r\n\r\n--b${10_000 + i}\r\n`,
    )
    const found = index(nested)
    expect(countParts(found)).toBe(33)
    expect(found.isTruncated).toBe(true)
  })

  it('keeps 1,000 of 100,000 parts', () => {
    const found = index(
      `Content-Type: multipart/mixed; boundary=a\r\n\r\n${'--a\r\n\r\n'.repeat(100_000)}`,
    )
    expect(countParts(found)).toBe(1_000)
    expect(found.isTruncated).toBe(true)
  })

  it('joins 20,000 continuation lines into one field', () => {
    const text = `Subject: x\r\n${' y\r\n'.repeat(20_000)}\r\nbody`
    expect(index(text).envelope.subject).toBe(`x${' y'.repeat(20_000)}`)
    expect(headerFields(Buffer.from(text), 0, text.length)).toHaveLength(1)
  })

  it('finds nobody in 100,000 commas and keeps 2,000 of 100,000 addresses', () => {
    expect(index(`To: ${','.repeat(100_000)}\r\n\r\n`).envelope.to).toEqual([])
    const found = index(`To: ${'a@b,'.repeat(100_000)}\r\n\r\n`)
    expect(found.envelope.to).toHaveLength(2_000)
    expect(found.isTruncated).toBe(true)
  })

  it('counts comments instead of descending into them', () => {
    const bomb = `${'('.repeat(50_000)}${')'.repeat(50_000)}`
    expect(index(`To: ${bomb} a@b\r\n\r\n`).envelope.to).toMatchObject([
      { local: 'a', domain: 'b' },
    ])
    expect(index(`Content-Type: ${bomb} text/html\r\n\r\n`).root.subtype).toBe('html')
  })

  it('decodes 10,000 of 100,000 encoded words', () => {
    const decoded = decodeWords('=?utf-8?q?a?= '.repeat(100_000))
    expect(decoded.startsWith('a'.repeat(10_000))).toBe(true)
    expect(decoded).toHaveLength(10_000 + 90_000 * 14 + 1)
  })

  it('asks for at most 1,000 charsets in one text', () => {
    const decoded = decodeWords(many(40_000, (i) => `=?x${i}?q?a?= `))
    expect(decoded.startsWith('a'.repeat(999))).toBe(true)
    expect(decoded).toContain('=?x1000?q?a?=')
  })

  it('joins 100 of 40,000 parameter continuations', () => {
    const found = index(`Content-Type: text/plain${many(40_000, (i) => `; n*${i}*=%41`)}\r\n\r\nx`)
    expect(found.root.params['n']).toBe('A'.repeat(100))
  })

  it('interprets 2,000 fields and 1 MiB of header, and finds its end all the same', () => {
    const fields = `${'a: b\r\n'.repeat(20_000)}Subject: late\r\n\r\nbody`
    expect(index(fields)).toMatchObject({
      isTruncated: true,
      envelope: { subject: null },
      root: { bodyStart: fields.length - 4 },
    })
    const long = `Subject: ${'x'.repeat(1_100_000)}\r\n\r\nbody`
    expect(index(long)).toMatchObject({
      isTruncated: true,
      envelope: { subject: null },
      root: { bodyStart: long.length - 4 },
    })
  })

  it('compares no line with each of many open boundaries', () => {
    const scanner = new LineScanner(
      Buffer.from(`${'--bbbbbbbbbbbbbbbbbbbbc\n'.repeat(1_000)}--b7--\n`),
    )
    for (let level = 0; level < 32; level++) scanner.push(`b${level}`)
    scanner.toDelimiter()
    expect(scanner.found).toEqual({ level: 7, isClose: true })
    expect(scanner.line).toBe(1_000)
  })
})
