import { base64Lines, message, type CorpusMessage } from '../corpus-message.ts'
import { htmlPart, multipart, parts, plainPart } from './multipart.ts'

const png: readonly string[] = [
  'Content-Type: image/png',
  'Content-Transfer-Encoding: base64',
  '',
  'iVBORw0KGgo=',
]
const root = (id: string): string[] => [
  `Content-Type: text/html`,
  `Content-ID: <${id}>`,
  '',
  `<p>${id}</p>`,
]

export const mimeShapes: readonly CorpusMessage[] = [
  multipart(
    'alternative of two',
    'alternative',
    [plainPart('plain side'), htmlPart('<p>rich side</p>')],
    {
      text: 'plain side',
      structure: 'multipart/alternative(text/plain text/html)',
      words: ['plain side', 'rich side'],
    },
  ),
  multipart(
    'alternative with the HTML first',
    'alternative',
    [htmlPart('<p>turned rich</p>'), plainPart('turned plain')],
    {
      text: 'turned plain',
      structure: 'multipart/alternative(text/html text/plain)',
      words: ['turned plain', 'turned rich'],
    },
  ),
  multipart('alternative of HTML alone', 'alternative', [htmlPart('<p>lonely rich</p>')], {
    text: '<p>lonely rich</p>',
    structure: 'multipart/alternative(text/html)',
    words: ['lonely rich'],
  }),
  multipart(
    'text and attachment',
    'mixed',
    [
      plainPart('see the file'),
      [
        'Content-Type: application/pdf; name="report.pdf"',
        'Content-Disposition: attachment; filename="report.pdf"',
        'Content-Transfer-Encoding: base64',
        '',
        'JVBERg==',
      ],
    ],
    {
      text: 'see the file',
      structure: 'multipart/mixed(text/plain application/pdf)',
      attachments: ['report.pdf'],
      words: ['report.pdf'],
    },
  ),
  multipart('texts around an image', 'mixed', [plainPart('above it'), png, plainPart('below it')], {
    text: ['above it', 'below it'],
    structure: 'multipart/mixed(text/plain image/png text/plain)',
    words: ['above it', 'below it'],
  }),
  multipart(
    'an empty first text part',
    'mixed',
    [plainPart(''), plainPart('the second has text')],
    {
      text: ['', 'the second has text'],
      structure: 'multipart/mixed(text/plain text/plain)',
      words: ['the second has text'],
    },
  ),
  multipart(
    'parts without fields',
    'mixed',
    [
      ['', 'headless part'],
      ['', 'another headless one'],
    ],
    {
      text: ['headless part', 'another headless one'],
      structure: 'multipart/mixed(text/plain text/plain)',
      words: ['headless part', 'another headless one'],
    },
  ),
  multipart(
    'a related with the root first',
    'related; type="text/html"',
    [root('root-first'), [...png.slice(0, 2), 'Content-ID: <img>', '', 'iVBORw0KGgo=']],
    {
      text: '<p>root-first</p>',
      structure: 'multipart/related(text/html image/png)',
      attachments: ['image/png'],
      words: ['root-first'],
    },
  ),
  multipart(
    'a related with start',
    'related; start="<root-named>"',
    [[...png.slice(0, 2), 'Content-ID: <img>', '', 'iVBORw0KGgo='], root('root-named')],
    {
      text: '<p>root-named</p>',
      structure: 'multipart/related(image/png text/html)',
      attachments: ['image/png'],
      words: ['root-named'],
    },
  ),
  multipart(
    'a related whose type names the root',
    'related; type="text/html"',
    [[...png.slice(0, 2), 'Content-ID: <img>', '', 'iVBORw0KGgo='], root('root-typed')],
    {
      text: '<p>root-typed</p>',
      structure: 'multipart/related(image/png text/html)',
      attachments: ['image/png'],
      words: ['root-typed'],
    },
  ),
  message('text, HTML with images, and files', {
    header: ['Content-Type: multipart/mixed; boundary=outer'],
    body: parts(
      'outer',
      [
        'Content-Type: multipart/alternative; boundary=middle',
        '',
        ...parts('middle', plainPart('all in one'), [
          'Content-Type: multipart/related; boundary=inner',
          '',
          ...parts('inner', htmlPart('<img src="cid:i">'), [
            'Content-Type: image/gif; name=i.gif',
            'Content-ID: <i>',
            'Content-Disposition: inline',
            '',
            'GIF89a',
          ]),
        ]),
      ],
      ['Content-Type: text/csv; name=table.csv', 'Content-Disposition: attachment', '', 'a;b'],
    ),
    text: 'all in one',
    structure:
      'multipart/mixed(multipart/alternative(text/plain multipart/related(text/html image/gif)) text/csv)',
    attachments: ['i.gif', 'table.csv'],
    words: ['table.csv', 'all in one'],
  }),
  multipart('an unknown multipart', 'x-strange', [plainPart('strange but read')], {
    text: 'strange but read',
    structure: 'multipart/x-strange(text/plain)',
    words: ['strange but read'],
  }),
  multipart('parallel parts', 'parallel', [plainPart('left'), plainPart('right')], {
    text: ['left', 'right'],
    structure: 'multipart/parallel(text/plain text/plain)',
  }),
  message('preamble and epilogue', {
    header: ['Content-Type: multipart/mixed; boundary=b'],
    body: [
      'This is a multi-part message in MIME format.',
      '',
      ...parts('b', plainPart('between the two')),
      'epilogue',
      '',
    ],
    text: 'between the two',
    structure: 'multipart/mixed(text/plain)',
    words: ['between the two'],
  }),
  message('a boundary of odd characters', {
    header: ['Content-Type: multipart/mixed;', '\tboundary="=_(odd)+?:,./=b "'],
    body: parts('=_(odd)+?:,./=b', plainPart('odd boundary')),
    text: 'odd boundary',
    structure: 'multipart/mixed(text/plain)',
    words: ['odd boundary'],
  }),
  message('white space behind the boundary', {
    header: ['Content-Type: multipart/mixed; boundary=b'],
    body: ['--b \t', ...plainPart('padded line'), '--b--  '],
    text: 'padded line',
    structure: 'multipart/mixed(text/plain)',
    words: ['padded line'],
  }),
  message('thirty multiparts deep', {
    header: ['Content-Type: multipart/mixed; boundary=b0'],
    body: [
      ...Array.from({ length: 29 }, (_, at) => [
        `--b${at}`,
        `Content-Type: multipart/mixed; boundary=b${at + 1}`,
        '',
      ]).flat(),
      '--b29',
      ...plainPart('the deepest text'),
      ...Array.from({ length: 30 }, (_, at) => `--b${29 - at}--`),
    ],
    text: 'the deepest text',
    structure: `${'multipart/mixed('.repeat(30)}text/plain${')'.repeat(30)}`,
    words: ['the deepest text'],
  }),
  message('HTML alone', {
    header: ['Content-Type: text/html; charset=utf-8'],
    body: ['<html><style>.hidden{}</style><p>Only&nbsp;markup &amp; entit&eacute;s</p></html>'],
    structure: 'text/html',
    words: ['entités'],
  }),
  message('an attachment alone', {
    header: [
      'Content-Type: application/zip; name="alone.zip"',
      'Content-Transfer-Encoding: base64',
    ],
    body: ['UEsDBA=='],
    text: [],
    structure: 'application/zip',
    attachments: ['alone.zip'],
    words: ['alone.zip'],
  }),
  message('an image alone', {
    header: ['Content-Type: image/jpeg', 'Content-Transfer-Encoding: base64'],
    body: ['/9j/4AAQ'],
    text: [],
    structure: 'image/jpeg',
  }),
  message('quoted-printable with soft line breaks', {
    header: [
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
    ],
    body: ['soft=', 'ly broken=20', 'caf=C3=', '=A9 =3D=20=', '', 'end'],
    text: 'softly broken \ncafé = \nend\n',
    words: ['softly broken', 'quoted-printable with soft line breaks'],
  }),
  message('quoted-printable that is broken', {
    header: [
      'Content-Type: text/plain; charset=utf-8',
      'Content-Transfer-Encoding: quoted-printable',
    ],
    body: ['50=% =ZZ =3', 'lower =c3=a9'],
    text: '50=% =ZZ =3\nlower é\n',
  }),
  message('base64 with foreign characters', {
    header: ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: base64'],
    body: ['ZGly!!dHkg', '', '  YmFzZTY0', '--'],
    text: 'dirty base64',
    words: ['dirty base64'],
  }),
  message('base64 in one long line', {
    header: ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: BASE64'],
    body: [base64Lines(`longbase64 ${'é'.repeat(400)}`).join('')],
    text: `longbase64 ${'é'.repeat(400)}`,
    words: ['longbase64'],
  }),
  message('format flowed', {
    header: ['Content-Type: text/plain; charset=utf-8; format=flowed; delsp=yes'],
    body: ['flowing ', 'text', '-- ', 'Anna'],
  }),
  message('an unknown transfer encoding', {
    header: ['Content-Type: text/plain', 'Content-Transfer-Encoding: x-uuencode'],
    body: ['begin 644 a', 'end'],
  }),
  message('an empty body', { body: [], text: '' }),
]
