import { describe, expect, it } from 'vitest'

import { cpuOf } from '../cpu-of.ts'
import { CharsetDecoder } from './charset-decoder.ts'
import { decodeCharset } from './charset.ts'

const read = (label: string, text: string): string =>
  decodeCharset(Buffer.from(text, 'latin1'), label).text

// The Encoding Standard calls an escape that follows an escape an error, and has no decoder for the others.
describe('charsets of seven bits', () => {
  it.each([
    ['iso-2022-jp', '\x1b$BF|K\\\x1b(B', '日本'],
    ['iso-2022-jp', '\x1b$BF|K\\8l\x1b(B\x1b$B%a!<%k\x1b(B', '日本語メール'],
    ['iso-2022-jp', '\x1b$B\x1b(B\x1b$BF|\x1b(B\x1b(Ba', '日a'],
    ['iso-2022-jp', '\x1b(J\\~a\x1b(B\\~', '¥‾a\\~'],
    ['iso-2022-jp', '\x1b(I1\x1b(B', 'ｱ'],
    ['iso-2022-jp-1', '\x1b$(D0!\x1b(B', '丂'],
    ['iso-2022-jp', '\x1b$BF\x1b(Ba', '\ufffda'],
    ['iso-2022-jp', '\x1b(Za\x0eb\x1b', '\ufffd(Za\ufffdb\ufffd'],
    ['iso-2022-jp', '\x1b$BF\x80|', '\ufffd\ufffd\ufffd'],
    ['iso-2022-kr', '\x1b$)C\x0e0!\x0f a\x0e0!\x0f', '가 a가'],
    ['iso-2022-kr', '\x1b$)C\x0e0!\r\na', '가\r\na'],
    ['hz-gb-2312', 'a~{VPND~}b~~c~\nd', 'a中文b~cd'],
    ['HZ', '~{VP\nab', '中\nab'],
    ['hz-gb-2312', 'a~x', 'a\ufffdx'],
  ])('%s reads %j', (label, octets, text) => {
    expect(read(label, octets)).toBe(text)
  })

  it('an escape that never becomes one takes time that grows with the text and no faster', () => {
    const [short, long] = [2000, 64_000].map((length) => {
      const octets = Buffer.from('\x1b$('.repeat(length))
      return cpuOf(() => new CharsetDecoder('iso-2022-jp').decode(octets, 'whole'))
    })
    expect(long).toBeLessThan(150 * (short ?? 0))
  })
})

describe('charsets that TextDecoder lacks', () => {
  it.each([
    ['utf-7', 'Hi Mom -+Jjo--!', 'Hi Mom -☺-!'],
    ['unicode-1-1-utf-7', '+2Dzf9w- 1 +- 1 C+ +AOk', '\ud83c\udff7 1 + 1 C+ é'],
    ['cp437', '\x81\xe1', 'üß'],
    ['IBM850', '\x81\xe1', 'üß'],
    ['cp00858', '\xd5', '€'],
    ['cp852', '\xa5', 'ą'],
    ['viscii', '\xd0', 'Đ'],
  ])('%s reads %j', (label, octets, text) => {
    expect(decodeCharset(Buffer.from(octets, 'latin1'), label)).toEqual({
      text,
      isEncodingProblem: false,
    })
  })

  it.each(['base64', 'hex', 'binary', 'utf-7-imap', 'constructor'])('%s is no charset', (label) => {
    expect(decodeCharset(Buffer.from('YQ=='), label)).toEqual({
      text: 'YQ==',
      isEncodingProblem: true,
    })
  })
})
