import { base64Lines, message, type CorpusMessage, type Line } from '../corpus-message.ts'
import { multipart, plainPart } from './multipart.ts'

const inner = (word: string): string[] => [
  'From: Carl <carl@example.net>',
  `Subject: inner ${word}`,
  'Content-Type: text/plain; charset=utf-8',
  '',
  `enclosed ${word}`,
]
const encoded = (encoding: string, lines: readonly Line[]): Line[] => [
  'Content-Type: message/rfc822',
  `Content-Transfer-Encoding: ${encoding}`,
  '',
  ...lines,
]

export const nestedMessages: readonly CorpusMessage[] = [
  multipart(
    'a forwarded message',
    'mixed',
    [
      plainPart('see below'),
      [
        'Content-Type: message/rfc822',
        'Content-Disposition: attachment; filename="old.eml"',
        '',
        ...inner('seven bit'),
      ],
    ],
    {
      text: 'see below',
      structure: 'multipart/mixed(text/plain message/rfc822(text/plain))',
      attachments: ['old.eml'],
      words: ['enclosed seven bit'],
    },
  ),
  multipart(
    'a forwarded message in base64',
    'mixed',
    [
      plainPart('see below'),
      encoded('base64', base64Lines(`${inner('sixtyfour').join('\r\n')}\r\n`)),
    ],
    {
      text: 'see below',
      structure: 'multipart/mixed(text/plain message/rfc822(text/plain))',
      attachments: ['message/rfc822'],
      words: ['enclosed sixtyfour'],
    },
  ),
  multipart(
    'a forwarded message in quoted-printable',
    'mixed',
    [
      plainPart('see below'),
      encoded(
        'quoted-printable',
        inner('quoted')
          .map((line) => line.replaceAll('=', '=3D').replace('enclosed', 'enc='))
          .flatMap((line) => line.replace('enc=', 'enc=\nlosed').split('\n')),
      ),
    ],
    {
      text: 'see below',
      structure: 'multipart/mixed(text/plain message/rfc822(text/plain))',
      attachments: ['message/rfc822'],
      words: ['enclosed quoted'],
    },
  ),
  multipart(
    'a message with a multipart inside',
    'mixed',
    [
      [
        'Content-Type: message/rfc822',
        '',
        'Subject: inner multipart',
        'Content-Type: multipart/mixed; boundary=i',
        '',
        '--i',
        ...plainPart('doubly enclosed'),
        '--i',
        'Content-Type: application/pdf; name=deep.pdf',
        '',
        '%PDF',
        '--i--',
      ],
    ],
    {
      text: [],
      structure: 'multipart/mixed(message/rfc822(multipart/mixed(text/plain application/pdf)))',
      attachments: ['message/rfc822'],
      words: ['doubly enclosed', 'deep.pdf'],
    },
  ),
  message('a message that is a message', {
    header: ['Content-Type: message/rfc822'],
    body: inner('at the root'),
    text: [],
    structure: 'message/rfc822(text/plain)',
    attachments: ['message/rfc822'],
    words: ['enclosed at the root'],
  }),
  message('five messages in one another', {
    header: ['Content-Type: message/rfc822'],
    body: [
      ...Array.from({ length: 4 }, (_, at) => [
        `Subject: level ${at}`,
        'Content-Type: message/rfc822',
        '',
      ]).flat(),
      ...inner('five deep'),
    ],
    text: [],
    structure: `${'message/rfc822('.repeat(5)}text/plain${')'.repeat(5)}`,
    attachments: ['message/rfc822'],
    words: ['enclosed five deep'],
  }),
  multipart(
    'a digest',
    'digest',
    [
      ['', ...inner('first of the digest')],
      ['', ...inner('second of the digest')],
    ],
    {
      text: [],
      structure: 'multipart/digest(message/rfc822(text/plain) message/rfc822(text/plain))',
      attachments: ['message/rfc822', 'message/rfc822'],
      words: ['first of the digest', 'second of the digest'],
    },
  ),
  multipart(
    'a message of no header',
    'mixed',
    [['Content-Type: message/rfc822', '', '', 'bodied alone']],
    {
      text: [],
      structure: 'multipart/mixed(message/rfc822(text/plain))',
      opened: 'multipart/mixed(message/rfc822)',
      attachments: ['message/rfc822'],
      words: ['bodied alone'],
    },
  ),
  multipart(
    'the header of a message alone',
    'mixed',
    [
      plainPart('headers only'),
      ['Content-Type: text/rfc822-headers', '', 'Subject: returned-header', 'From: x@example.net'],
    ],
    {
      text: 'headers only',
      structure: 'multipart/mixed(text/plain text/rfc822-headers)',
      attachments: ['text/rfc822-headers'],
      words: ['returned-header'],
    },
  ),
  multipart(
    'a partial message',
    'mixed',
    [
      plainPart('piece'),
      ['Content-Type: message/partial; id="1@x"; number=1; total=3', '', 'Subject: fragment'],
    ],
    {
      text: 'piece',
      structure: 'multipart/mixed(text/plain message/partial)',
      attachments: ['message/partial'],
    },
  ),
]
