import { latin1, message, type CorpusMessage, type Line } from '../corpus-message.ts'

/** A Subject as it is written, and as it is read. */
function subject(name: string, written: Line | readonly Line[], read: string): CorpusMessage {
  const lines: readonly Line[] = Array.isArray(written) ? written : [written as Line]
  const [first = '', ...more] = lines
  const field = Buffer.concat([Buffer.from('Subject: '), Buffer.from(first)])
  return message(name, { header: [field, ...more], body: [name], subject: read, words: [name] })
}

export const encodedWords: readonly CorpusMessage[] = [
  subject('adjacent words of one charset', '=?utf-8?q?one?= =?utf-8?q?_two?=', 'one two'),
  subject('adjacent words of two charsets', '=?iso-8859-1?q?=E9?= =?utf-8?b?w6k=?=', 'éé'),
  subject('adjacent words of two encodings', '=?utf-8?q?=C3=A9?= =?utf-8?b?w6k=?=', 'éé'),
  subject(
    'adjacent words over three lines',
    ['=?utf-8?q?a?=', ' =?utf-8?q?b?=', '\t=?utf-8?q?c?='],
    'abc',
  ),
  subject('a word and text', '=?utf-8?q?caf=C3=A9?= au lait', 'café au lait'),
  subject('words without a blank between them', '=?utf-8?q?caf=C3=A9?==?utf-8?q?s?=', 'cafés'),
  subject('a word with blanks inside', '=?utf-8?q?caf=C3=A9 au lait?=', 'café au lait'),
  subject('a word in quotes', '"=?utf-8?q?caf=C3=A9?="', '"café"'),
  subject('a word with a language', '=?utf-8*fr?q?caf=C3=A9?=', 'café'),
  subject('a word without its end', '=?utf-8?q?cut', '=?utf-8?q?cut'),
  subject('a word of an unknown encoding', '=?utf-8?x?abc?=', '=?utf-8?x?abc?='),
  subject('base64 without padding', '=?utf-8?b?w6k?=', 'é'),
  subject('an empty word', 'a =?utf-8?q??= b', 'a  b'),
  subject('an emoji in halves', '=?utf-8?b?8J+O?= =?utf-8?b?iA==?=', '🎈'),
  subject('a subject in raw UTF-8', 'Ünencoded – naïve', 'Ünencoded – naïve'),
  subject('a subject in raw Latin-1', latin1('Gr\xfc\xdfe'), 'Grüße'),
  subject('raw UTF-8 beside a word', 'é =?utf-8?q?=C3=A9?=', 'é é'),
  subject('folded in the middle of a blank run', ['one  ', '  two'], 'one    two'),
  subject('a tab in the fold', ['one', '\ttwo'], 'one\ttwo'),
  subject('upper case everywhere', '=?UTF-8?Q?=C3=89T=C3=89?=', 'ÉTÉ'),
  subject('lower case digits', '=?utf-8?q?=c3=a9t=c3=a9?=', 'été'),
  subject('a question mark inside', '=?utf-8?q?really??=', 'really?'),
  subject(
    'long words of a mailer',
    Array.from(
      { length: 12 },
      (_, at) => `${at === 0 ? '' : ' '}=?utf-8?q?=C3=A4${'x'.repeat(60)}?=`,
    ),
    `ä${'x'.repeat(60)}`.repeat(12),
  ),
  message('a subject of one long line', {
    header: [`Subject: ${'long '.repeat(180)}end`],
    body: ['long'],
    subject: `${'long '.repeat(180)}end`,
  }),
  message('an empty subject', {
    envelope: '"Mon, 5 Jan 2026 09:30:00 +0100" "" ((',
    header: ['Subject:'],
    body: ['empty subject'],
    subject: '',
    words: ['empty subject'],
  }),
  message('no subject', {
    envelope: '"Mon, 5 Jan 2026 09:30:00 +0100" NIL ((',
    body: ['subjectless'],
    subject: null,
    words: ['subjectless'],
  }),
  message('two subjects', {
    header: ['Subject: the first of two', 'Subject: the last of two'],
    body: ['x'],
    subject: 'the last of two',
    words: ['the last of two'],
    headerWords: ['the first of two'],
  }),
  message('an encoded name in a quoted string', {
    wholeHeader: [
      'From: "=?utf-8?q?Zo=C3=AB?=" <zoe@example.org>',
      'To: me@example.test',
      'Subject: quoted word',
    ],
    body: ['x'],
    subject: 'quoted word',
    from: ['Zoë <zoe@example.org>'],
    words: ['quoted word', 'Zoë'],
  }),
  message('an encoded name with a comma', {
    wholeHeader: [
      'From: =?utf-8?q?M=C3=BCller=2C_J=C3=B6rg?= <joerg@example.org>',
      'To: me@example.test',
      'Subject: comma name',
    ],
    body: ['x'],
    subject: 'comma name',
    from: ['Müller, Jörg <joerg@example.org>'],
    words: ['comma name', 'Müller, Jörg'],
  }),
  message('a name of several words', {
    wholeHeader: [
      'From: =?utf-8?q?Ren=C3=A9?= van der =?utf-8?q?M=C3=BChle?= <rene@example.org>',
      'To: me@example.test',
      'Subject: mixed name',
    ],
    body: ['x'],
    subject: 'mixed name',
    from: ['René van der Mühle <rene@example.org>'],
    words: ['mixed name', 'van der Mühle'],
  }),
]
