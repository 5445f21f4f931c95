import { describe, expect, it } from 'vitest'

import { baseSubject } from '../base-subject.ts'
import { fileNameOf } from '../structure/file-name.ts'
import { indexMessage } from '../structure/index-message.ts'
import { decodeBody, decodeText } from './decode-body.ts'
import { htmlToText } from './html-text.ts'
import { searchText } from './search-text.ts'

const read = (header: string, body: string | Buffer): ReturnType<typeof decodeText> => {
  const bytes = Buffer.concat([Buffer.from(`${header}\r\n\r\n`), Buffer.from(body)])
  return decodeText(bytes, indexMessage(bytes).root)
}

describe('decodeBody', () => {
  it.each([
    ['quoted-printable', 'a=3Db=\r\nc  \r\n=20=\n=C3=A4 =XX =', 'a=bc\r\n ä =XX '],
    ['base64', 'Zn\r\n!JvbQ==\r\n', 'from'],
    ['base64', 'YQ==\r\nYg==', 'ab'],
    ['8bit', 'ä', 'ä'],
    ['unheard-of', 'as is', 'as is'],
  ])('undoes %s of %j', (encoding, written, text) => {
    const bytes = Buffer.from(`Content-Transfer-Encoding: ${encoding}\r\n\r\n${written}`)
    expect(decodeBody(bytes, indexMessage(bytes).root).toString()).toBe(text)
  })

  it('undoes base64 of any bytes', () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
    const bytes = Buffer.from(
      `Content-Transfer-Encoding: BASE64\r\n\r\n${all.toString('base64').replace(/.{76}/g, '$&\r\n')}`,
    )
    expect(decodeBody(bytes, indexMessage(bytes).root).equals(all)).toBe(true)
  })
})

describe('decodeText', () => {
  it.each([
    ['koi8-r', Buffer.from([0xf0]), 'П', false],
    ['ISO8859-1', Buffer.from([0x80]), '€', false],
    ['"win-1251"', Buffer.from([0xcf]), 'П', false],
    ['utf8', Buffer.from([0xc3]), '\ufffd', true],
    ['us-ascii', Buffer.from('ä'), 'ä', false],
    ['us-ascii', Buffer.from([0xe4]), 'ä', true],
    ['hz-gb-2312', Buffer.from('~{VP~}'), '中', false],
    // Syllables beyond KS X 1001, and characters of Hong Kong: not in the decoders of Node.
    ['euc-kr', Buffer.from([0x94, 0xee, 0x41, 0xb0, 0xa1]), '뷁A가', false],
    ['ks_c_5601-1987', Buffer.from([0x98, 0x72]), '쁱', false],
    ['euc-kr', Buffer.from([0x41, 0xff]), 'A\ufffd', true],
    ['big5', Buffer.from([0x9d, 0xef, 0xa4, 0xa4]), '嘅中', false],
    ['big5-hkscs', Buffer.from([0x87, 0x40]), '䏰', false],
    ['no-such', Buffer.from([0xe4]), 'ä', true],
  ])('reads charset %s', (charset, body, text, isEncodingProblem) => {
    expect(read(`Content-Type: text/plain; charset=${charset}`, body)).toEqual({
      text,
      isEncodingProblem,
      isTruncated: false,
    })
  })

  it.each([
    ['text/html', '<meta charset=koi8-r>', 'П'],
    ['text/html', '<head><META content="text/html; charset=\'KOI8-R\'" http-equiv=x>', 'П'],
    ['text/html; charset=windows-1252', '<meta charset=koi8-r>', 'ð'],
    ['text/html', '<meta charset=utf-16>', 'ð'],
    ['text/html', '<meta name=a><p>charset=koi8-r>', 'ð'],
    ['text/html', `${' '.repeat(5_000)}<meta charset=koi8-r>`, 'ð'],
    ['text/plain', '<meta charset=koi8-r>', 'ð'],
  ])('reads %s with %s', (type, head, letter) => {
    const body = Buffer.from(`${head}\xf0`, 'latin1')
    expect(read(`Content-Type: ${type}`, body).text).toBe(`${head}${letter}`)
  })

  it('looks for the charset of HTML in the decoded body', () => {
    const body = Buffer.from('<meta charset=koi8-r>\xf0', 'latin1').toString('base64')
    const header = 'Content-Type: text/html\r\nContent-Transfer-Encoding: base64'
    expect(read(header, body).text).toContain('П')
    expect(indexMessage(Buffer.from(`${header}\r\n\r\n${body}`)).preview).toBe('П')
  })

  it('cuts between characters', () => {
    const bytes = Buffer.from('Content-Type: text/plain; charset=utf-8\r\n\r\naää')
    const { root } = indexMessage(bytes)
    expect(decodeText(bytes, root, 4)).toMatchObject({ text: 'aä', isTruncated: true })
    expect(decodeText(bytes, root, 5)).toMatchObject({ text: 'aää', isTruncated: false })
    expect(decodeText(bytes, root, 0)).toMatchObject({ text: '', isTruncated: true })
  })

  it('tells of an unknown transfer encoding', () => {
    expect(read('Content-Transfer-Encoding: x-odd', 'a').isEncodingProblem).toBe(true)
  })
})

describe('htmlToText', () => {
  it.each([
    ['<p>a</p><p>b</p>', ' a  b '],
    ['W<b>or</b>d', 'Word'],
    ['a<script>1 < 2</script>b<STYLE x>y</sTyle >c', 'a b c'],
    ['a<!-- <p>no</p> -->b', 'a b'],
    ['1 < 2 &lt;3&gt; &#65;&#x42; &bogus; &#xD800;', '1 < 2 <3> AB &bogus; \ufffd'],
    ['a<script>never closed', 'a '],
    ['a<b', 'a'],
  ])('reads %j', (html, text) => {
    expect(htmlToText(html)).toBe(text)
  })
})

describe('searchText and fileNameOf', () => {
  it('holds text, HTML without markup, and file names, and stops at its bound', () => {
    const bytes = Buffer.from(
      [
        'Content-Type: multipart/mixed; boundary=b',
        '',
        '--b',
        '',
        'plain words',
        '--b',
        'Content-Type: text/html',
        '',
        '<b>bold</b>',
        '--b',
        'Content-Type: application/pdf; name="=?utf-8?q?f=C3=BCr?=.pdf"',
        '',
        'not text',
        '--b--',
      ].join('\r\n'),
    )
    const index = indexMessage(bytes)
    expect(searchText(bytes, index, 1_000)).toBe('plain words\nbold\nfür.pdf')
    expect(searchText(bytes, index, 8)).toBe('plain wo')
    expect(index.root.parts.map((part) => fileNameOf(part))).toEqual([null, null, 'für.pdf'])
  })
})

describe('baseSubject', () => {
  it.each([
    ['Re: hello', 'hello'],
    ['RE: Fwd: [list] re[2]: FW:  hello  (fwd) (FWD)', 'hello'],
    ['[fwd: Re: hello]', 'hello'],
    ['[list] [other] hello', 'hello'],
    ['[only]', '[only]'],
    ['[a] [only]', '[only]'],
    ['Re: [a] re : x', 'x'],
    ['regarding: x', 'regarding: x'],
    ['a\t  b', 'a b'],
    ['Re:', ''],
  ])('reduces %j to %j', (subject, base) => {
    expect(baseSubject(subject)).toBe(base)
  })
})
