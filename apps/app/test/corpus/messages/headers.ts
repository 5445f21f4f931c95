import {
  latin1,
  message,
  usualFrom,
  usualTo,
  type CorpusMessage,
  type Line,
  type Shape,
} from '../corpus-message.ts'

/** A message with just these fields. */
function fields(name: string, lines: readonly Line[], shape: Partial<Shape>): CorpusMessage {
  return message(name, {
    wholeHeader: [...lines, `Subject: ${name}`],
    body: ['x'],
    from: [usualFrom],
    to: [usualTo],
    subject: name,
    words: [name],
    ...shape,
  })
}
const from = (
  name: string,
  written: Line,
  read: readonly string[],
  rest: Partial<Shape> = {},
): CorpusMessage =>
  fields(name, [Buffer.concat([Buffer.from('From: '), Buffer.from(written)]), `To: ${usualTo}`], {
    from: read,
    ...rest,
  })
const to = (
  name: string,
  lines: readonly Line[],
  read: readonly string[],
  rest: Partial<Shape> = {},
): CorpusMessage => fields(name, [`From: ${usualFrom}`, ...lines], { to: read, ...rest })

export const addresses: readonly CorpusMessage[] = [
  from('an address without a name', 'bare@example.org', ['bare@example.org'], {
    envelope: '((NIL NIL "bare" "example.org"))',
  }),
  from('an address in brackets without a name', '<bare@example.org>', ['bare@example.org']),
  from('a name in quotes', '"Muster, Anna" <anna@example.org>', [
    'Muster, Anna <anna@example.org>',
  ]),
  from('a name with escaped quotes', String.raw`"Anna \"Nan\" Muster" <anna@example.org>`, [
    'Anna "Nan" Muster <anna@example.org>',
  ]),
  from('a name in a comment', 'anna@example.org (Anna Muster)', ['Anna Muster <anna@example.org>']),
  from('a name with a dot', 'Anna M. Muster <anna@example.org>', [
    'Anna M. Muster <anna@example.org>',
  ]),
  from('a name in raw UTF-8', 'Noël <noel@example.org>', ['Noël <noel@example.org>']),
  from('a name in raw Latin-1', latin1('No\xebl <noel@example.org>'), ['Noël <noel@example.org>']),
  from('two authors', 'a@example.org, Bo <b@example.org>', ['a@example.org', 'Bo <b@example.org>']),
  from('a quoted local part with a blank', '"a b"@example.org', ['"a b"@example.org'], {
    envelope: 'NIL "a b" "example.org"',
  }),
  from('a quoted local part with an at sign', '"a@b"@example.org', ['"a@b"@example.org']),
  from('a local part with two dots', 'a..b@example.org', ['a..b@example.org']),
  from('a domain with an underscore', 'a@under_score.example', ['a@under_score.example']),
  from('an address literal', 'scan@[192.0.2.7]', ['scan@[192.0.2.7]']),
  from('an internationalised domain', 'post@bücher.example', ['post@bücher.example']),
  from('an international local part', 'jörg@bücher.example', ['jörg@bücher.example']),
  from('a domain in A-labels', 'post@xn--bcher-kva.example', ['post@xn--bcher-kva.example']),
  from('an address of a list bounce', 'list-return-12-me=example.test@example.org', [
    'list-return-12-me=example.test@example.org',
  ]),
  from('a source route', '<@relay1.example,@relay2.example:joe@x.example>', ['joe@x.example'], {
    envelope: '(NIL "@relay1.example,@relay2.example" "joe" "x.example")',
  }),
  from('blanks around the at sign', 'anna @ example.org', ['anna@example.org']),
  to(
    'two To fields',
    ['To: one@example.test', 'To: two@example.test'],
    ['one@example.test', 'two@example.test'],
    {
      lastTo: ['two@example.test'],
      envelope: '((NIL NIL "one" "example.test")(NIL NIL "two" "example.test"))',
    },
  ),
  to(
    'a group',
    ['To: Friends: a@example.test, Bo <b@example.test>;'],
    ['a@example.test', 'Bo <b@example.test>'],
    { envelope: '((NIL NIL "Friends" NIL)' },
  ),
  to('an empty group', ['To: undisclosed-recipients:;'], [], {
    envelope: '((NIL NIL "undisclosed-recipients" NIL)(NIL NIL NIL NIL))',
  }),
  to(
    'recipients over many lines',
    ['To: a@example.test,', ' b@example.test,', '\tc@example.test'],
    ['a@example.test', 'b@example.test', 'c@example.test'],
  ),
  to(
    'a comma too many',
    ['To: a@example.test,, b@example.test,'],
    ['a@example.test', 'b@example.test'],
  ),
  to(
    'semicolons between recipients',
    ['To: a@example.test; b@example.test'],
    ['a@example.test', 'b@example.test'],
  ),
  to(
    'a recipient folded inside its name',
    ['To: "Anna', ' Muster" <anna@example.test>'],
    ['Anna Muster <anna@example.test>'],
  ),
  to(
    'a name that is an address',
    ['To: "boss@example.org" <me@example.test>'],
    ['boss@example.org <me@example.test>'],
  ),
  to('a name that is empty', ['To: "" <me@example.test>'], ['me@example.test']),
  to('no recipient field', [], []),
  to(
    'a hundred recipients',
    [`To: ${Array.from({ length: 100 }, (_, at) => `u${at}@example.test`).join(',\r\n ')}`],
    Array.from({ length: 100 }, (_, at) => `u${at}@example.test`),
  ),
]

export const headers: readonly CorpusMessage[] = [
  message('field names in other cases', {
    wholeHeader: ['FROM: anna@example.org', 'to: me@example.test', 'SUBJECT: shouted'],
    body: ['x'],
    from: ['anna@example.org'],
    subject: 'shouted',
    words: ['shouted'],
  }),
  message('blanks before the colon', {
    wholeHeader: ['From : anna@example.org', 'To : me@example.test', 'Subject : spaced colon'],
    body: ['x'],
    from: ['anna@example.org'],
    subject: 'spaced colon',
    words: ['spaced colon'],
  }),
  message('no blank behind the colon', {
    wholeHeader: ['From:anna@example.org', 'To:me@example.test', 'Subject:tight colon'],
    body: ['x'],
    from: ['anna@example.org'],
    subject: 'tight colon',
    words: ['tight colon'],
  }),
  message('an envelope line before the header', {
    wholeHeader: [
      '>From anna@example.org Mon Jan  5 09:30:00 2026',
      'From: anna@example.org',
      'To: me@example.test',
      'Subject: stray envelope line',
    ],
    body: ['x'],
    from: ['anna@example.org'],
    subject: 'stray envelope line',
    words: ['stray envelope line'],
  }),
  message('a line without a colon in the header', {
    header: ['what is this line'],
    body: ['x'],
    headerWords: ['what is this line'],
  }),
  message('a field of its own', {
    header: ['X-Header: qwertyuiop'],
    body: ['x'],
    headerWords: ['qwertyuiop'],
  }),
  message('a field with a value on the next line', {
    header: ['Subject:', ' on the next line'],
    body: ['x'],
    subject: 'on the next line',
    words: ['on the next line'],
  }),
  message('a field with a blank line of blanks', {
    header: ['X-Fold: one', '   ', ' two-after-blanks'],
    body: ['x'],
    headerWords: ['two-after-blanks'],
  }),
  message('a field of nine thousand characters', {
    header: [`X-Long: ${'z'.repeat(9_000)}`],
    body: ['x'],
  }),
  message('raw bytes in an unknown field', { header: [latin1('X-Raw: caf\xe9')], body: ['x'] }),
  message('NUL in a field', { header: ['X-Nul: a\u0000b'], body: ['x'] }),
  message('a Date that is none', { header: ['Date: yesterday'], body: ['x'] }),
  message('a Date with a comment', {
    header: ['Date: Mon, 05 Jan 26 09:30 EST (winter)'],
    body: ['x'],
  }),
  message('many references', {
    header: [
      `References: ${Array.from({ length: 50 }, (_, at) => `<ref${at}@example.org>`).join('\r\n ')}`,
      'In-Reply-To: Your message of "Mon" <ref49@example.org>',
    ],
    body: ['x'],
  }),
  message('Received fields of eight hops', {
    wholeHeader: [
      ...Array.from({ length: 8 }, (_, at) => [
        `Received: from hop${at}.example (hop${at}.example [192.0.2.${at}])`,
        `\tby hop${at + 1}.example with ESMTPS id ${at}x;`,
        '\tMon, 5 Jan 2026 09:30:00 +0100 (CET)',
      ]).flat(),
      `From: ${usualFrom}`,
      `To: ${usualTo}`,
      'Subject: well travelled',
    ],
    body: ['x'],
    subject: 'well travelled',
    words: ['well travelled'],
    headerWords: ['hop5.example'],
  }),
  message('no header at all', {
    wholeHeader: [],
    body: ['bodily-only'],
    from: [],
    to: [],
    subject: null,
    words: ['bodily-only'],
  }),
  message('a header and no body', { body: [], text: '', words: ['a header and no body'] }),
]
