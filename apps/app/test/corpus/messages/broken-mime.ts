import { message, type CorpusMessage } from '../corpus-message.ts'
import { multipart, parts, plainPart } from './multipart.ts'

export const brokenMime: readonly CorpusMessage[] = [
  message('a multipart without a boundary', {
    header: ['Content-Type: multipart/mixed'],
    body: parts('b', plainPart('unbounded text')),
    words: ['unbounded text'],
  }),
  message('a multipart with another boundary', {
    header: ['Content-Type: multipart/alternative; boundary=declared'],
    body: parts('used', plainPart('otherwise bounded')),
    words: ['otherwise bounded'],
  }),
  message('a multipart with an empty boundary', {
    header: ['Content-Type: multipart/mixed; boundary=""'],
    body: ['emptily bounded'],
    words: ['emptily bounded'],
  }),
  message('boundaries that begin alike', {
    header: ['Content-Type: multipart/mixed; boundary=foo'],
    body: [
      '--foo',
      'Content-Type: multipart/alternative; boundary=foobar',
      '',
      ...parts('foobar', plainPart('prefix inside')),
      '--foo',
      ...plainPart('prefix outside'),
      '--foo--',
    ],
    text: ['prefix inside', 'prefix outside'],
    structure: 'multipart/mixed(multipart/alternative(text/plain) text/plain)',
    words: ['prefix inside', 'prefix outside'],
  }),
  message('a multipart without its end', {
    header: ['Content-Type: multipart/mixed; boundary=b'],
    body: ['--b', ...plainPart('never closed')],
    text: 'never closed\n',
    structure: 'multipart/mixed(text/plain)',
    words: ['never closed'],
  }),
  message('an inner multipart without its end', {
    header: ['Content-Type: multipart/mixed; boundary=outer'],
    body: [
      '--outer',
      'Content-Type: multipart/alternative; boundary=inner',
      '',
      '--inner',
      ...plainPart('inner left open'),
      '--outer',
      ...plainPart('outer goes on'),
      '--outer--',
    ],
    text: ['inner left open', 'outer goes on'],
    structure: 'multipart/mixed(multipart/alternative(text/plain) text/plain)',
    words: ['inner left open', 'outer goes on'],
  }),
  message('a boundary that is used twice', {
    header: ['Content-Type: multipart/mixed; boundary=b'],
    body: [
      '--b',
      'Content-Type: multipart/alternative; boundary=b',
      '',
      '--b',
      ...plainPart('twice bounded'),
      '--b--',
    ],
    text: 'twice bounded',
    structure: 'multipart/mixed(multipart/alternative(text/plain))',
    words: ['twice bounded'],
  }),
  message('a part whose header has no end', {
    header: ['Content-Type: multipart/mixed; boundary=b'],
    body: ['--b', 'Content-Type: text/plain', '--b', ...plainPart('after the headless'), '--b--'],
    text: ['', 'after the headless'],
    structure: 'multipart/mixed(text/plain text/plain)',
    words: ['after the headless'],
  }),
  message('a multipart of no parts', {
    header: ['Content-Type: multipart/mixed; boundary=b'],
    body: ['--b--'],
  }),
  message('a Content-Type that is no media type', {
    header: ['Content-Type: text'],
    body: ['untyped by one word'],
    words: ['untyped by one word'],
  }),
  message('a Content-Type of mail from 1992', {
    header: ['Content-Type: TEXT'],
    body: ['old and untyped content'],
  }),
  message('an empty Content-Type', { header: ['Content-Type:'], body: ['typeless content'] }),
  message('two Content-Types', {
    header: ['Content-Type: text/plain', 'Content-Type: text/html'],
    body: ['first counts'],
  }),
  message('parameters with blanks', {
    header: ['Content-Type: text/plain ; charset = "utf-8" ;; format=fixed;'],
    body: ['spacious grün'],
    words: ['spacious grün'],
  }),
  message('a multipart in base64', {
    header: ['Content-Type: multipart/mixed; boundary=b', 'Content-Transfer-Encoding: base64'],
    body: parts('b', plainPart('wrongly declared')),
    text: 'wrongly declared',
    structure: 'multipart/mixed(text/plain)',
    words: ['wrongly declared'],
  }),
  multipart(
    'a comment in a media type',
    'mixed',
    [['Content-Type: text/plain (commented); charset=utf-8', '', 'commented type']],
    {
      text: 'commented type',
      structure: 'multipart/mixed(text/plain)',
      words: ['commented type'],
    },
  ),
  multipart(
    'a line in the header of a part that is no field',
    'mixed',
    [['this is no field', 'Content-Type: text/plain', '', 'behind a stray line']],
    {
      text: 'behind a stray line',
      structure: 'multipart/mixed(text/plain)',
      words: ['behind a stray line'],
    },
  ),
  message('no MIME-Version', {
    header: ['Content-Type: text/plain; charset=utf-8'],
    body: ['ohne Version: grün'],
    words: ['ohne Version: grün'],
  }),
  message('a line of ten thousand characters', { body: ['y'.repeat(10_000)] }),
  message('a bare CR in the text', { body: ['one\rtwo'], text: 'onetwo\n', isRefusedBySmtp: true }),
  message('NUL in the text', {
    body: ['nothing\u0000here'],
    text: 'nothinghere\n',
  }),
]
