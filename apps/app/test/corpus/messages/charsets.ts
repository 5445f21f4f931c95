import { base64Lines, latin1, message, type CorpusMessage, type Shape } from '../corpus-message.ts'
import { charsetSamples, type CharsetSample } from './charset-samples.ts'

/** Every charset in a body as it is, and in one in a transfer encoding; in encoded words of both kinds. */
export const charsets: readonly CorpusMessage[] = charsetSamples.flatMap((sample) => [
  inBytes(sample),
  inTransferEncoding(sample),
])

function inBytes([label, text, hex]: CharsetSample): CorpusMessage {
  const bytes = Buffer.from(hex, 'hex')
  return message(`${label} as it is`, {
    header: [
      `Subject: =?${label}?B?${bytes.toString('base64')}?=`,
      `Content-Type: text/plain; charset=${label}`,
      'Content-Transfer-Encoding: 8bit',
    ],
    body: [bytes],
    subject: text,
    text: `${text}\n`,
    words: [text],
  })
}

function inTransferEncoding([label, text, hex]: CharsetSample): CorpusMessage {
  const bytes = Buffer.from(hex, 'hex')
  const quoted = hex.toUpperCase().replaceAll(/../g, '=$&')
  const name = `${label} in a transfer encoding`
  const isBase64 = bytes.length % 2 === 0
  return message(name, {
    wholeHeader: [
      `From: =?${label.toUpperCase()}?q?${quoted}?= <post@example.net>`,
      'To: me@example.test',
      `Subject: ${name}`,
      'MIME-Version: 1.0',
      `Content-Type: text/html; charset="${label.toUpperCase()}"`,
      `Content-Transfer-Encoding: ${isBase64 ? 'base64' : 'quoted-printable'}`,
    ],
    body: isBase64 ? base64Lines(bytes) : [`<b>=`, `${quoted}=`, '</b>'],
    from: [`${text} <post@example.net>`],
    text: isBase64 ? text : `<b>${text}</b>\n`,
    structure: 'text/html',
    words: [name, text],
  })
}

const body8bit = (name: string, charset: string | null, bytes: string, rest: Partial<Shape>) =>
  message(name, {
    header: charset === null ? [] : [`Content-Type: text/plain; charset=${charset}`],
    body: [latin1(bytes)],
    ...rest,
  })

/** Labels that are wrong, unknown, or missing. */
export const charsetLabels: readonly CorpusMessage[] = [
  body8bit('no charset but UTF-8', null, 'na\xc3\xafve', { text: 'naïve\n' }),
  body8bit('no charset but Latin-1', null, 'na\xefve', { text: 'naïve\n' }),
  body8bit('us-ascii with UTF-8 in it', 'us-ascii', 'd\xc3\xa9j\xc3\xa0', { text: 'déjà\n' }),
  body8bit('us-ascii with windows-1252 in it', 'us-ascii', '\x93d\xe9j\xe0\x94', {
    text: '“déjà”\n',
  }),
  body8bit('iso-8859-1 with windows-1252 in it', 'iso-8859-1', '\x84so\x93 \x80', {
    text: '„so“ €\n',
  }),
  body8bit('an unknown charset', 'x-unknown', 'gr\xc3\xbcn', { text: 'grün\n' }),
  body8bit('the charset default', 'default', 'gr\xfcn', { text: 'grün\n' }),
  body8bit('the charset utf8 in quotes', '"utf8"', 'gr\xc3\xbcn', { text: 'grün\n' }),
  body8bit('a charset in single quotes', "'utf-8'", 'gr\xc3\xbcn', { text: 'grün\n' }),
  body8bit('gb2312 with GBK in it', 'gb2312', '\xb7\xb1\xf3\x77', { text: '繁體\n' }),
  body8bit('UTF-8 with a byte order mark', 'utf-8', '\xef\xbb\xbfmarked', { text: 'marked\n' }),
  message('UTF-16 in base64', {
    header: ['Content-Type: text/plain; charset=utf-16le', 'Content-Transfer-Encoding: base64'],
    body: base64Lines(Buffer.from('Größe in UTF-16', 'utf16le')),
    text: 'Größe in UTF-16',
    words: ['UTF-16 in base64', 'Größe in UTF-16'],
  }),
  message('Japanese with escapes side by side', {
    header: [
      'Subject: =?iso-2022-jp?B?GyRCRnxLXDhsGyhC?=',
      ' =?ISO-2022-JP?B?GyRCJWEhPCVrGyhC?=',
      'Content-Type: text/plain; charset=iso-2022-jp',
    ],
    body: ['\u001B$BF|K\\8l\u001B(B\u001B$B%a!<%k\u001B(B'],
    subject: '日本語メール',
    text: '日本語メール\n',
    words: ['日本語メール'],
  }),
  message('Korean in two encoded words', {
    header: [
      'Subject: =?iso-2022-kr?B?GyQpQw5HUTFbDw==?= =?iso-2022-kr?B?GyQpQw5GbUF2Dw==?=',
      'Content-Type: text/plain',
    ],
    body: ['x'],
    subject: '한글편지',
    words: ['한글편지'],
  }),
  message('Chinese in two encoded words', {
    header: ['Subject: =?hz-gb-2312?Q?~{::WV~}?= =?hz-gb-2312?Q?~{1`Bk~}?='],
    body: ['x'],
    subject: '汉字编码',
    words: ['汉字编码'],
  }),
  message('a character split over two encoded words', {
    header: ['Subject: =?utf-8?B?R3LD?=', '\t=?utf-8?B?vMOfZSBnZXRlaWx0?='],
    body: ['x'],
    subject: 'Grüße geteilt',
    words: ['Grüße geteilt'],
  }),
  message('a charset in a meta element alone', {
    header: ['Content-Type: text/html'],
    body: [latin1('<meta charset="windows-1251"><p>\xcf\xf0\xe8\xe2\xe5\xf2</p>')],
    text: '<meta charset="windows-1251"><p>Привет</p>\n',
    structure: 'text/html',
  }),
  message('a charset in an http-equiv alone', {
    header: ['Content-Type: text/html'],
    body: [
      '<meta http-equiv=Content-Type content="text/html; charset=koi8-r">',
      latin1('<p>\xf0\xd2\xc9\xd7\xc5\xd4</p>'),
    ],
    text: '<meta http-equiv=Content-Type content="text/html; charset=koi8-r">\n<p>Привет</p>\n',
    structure: 'text/html',
  }),
]
