import { latin1, type CorpusMessage, type Line } from '../corpus-message.ts'
import { multipart, plainPart } from './multipart.ts'

/** An attachment with these fields, and the name that it has. */
function attached(title: string, fields: readonly Line[], read: string): CorpusMessage {
  return multipart(title, 'mixed', [plainPart('file'), [...fields, '', 'data']], {
    text: 'file',
    structure: 'multipart/mixed(text/plain application/octet-stream)',
    attachments: [read],
  })
}
const named = (title: string, parameters: string, read: string): CorpusMessage =>
  attached(
    title,
    ['Content-Type: application/octet-stream', `Content-Disposition: attachment; ${parameters}`],
    read,
  )

export const fileNames: readonly CorpusMessage[] = [
  named('a name without quotes', 'filename=plain.bin', 'plain.bin'),
  named('a name with blanks and no quotes', 'filename=two words.bin', 'two words.bin'),
  named('a name with an escaped quote', String.raw`filename="a \"b\".bin"`, 'a "b".bin'),
  named('a name in RFC 2231', "filename*=utf-8''Gr%C3%BC%C3%9Fe.bin", 'Grüße.bin'),
  named(
    'a name in three pieces',
    "filename*0*=utf-8''Gr%C3%BC; filename*1*=%C3%9Fe; filename*2=.bin",
    'Grüße.bin',
  ),
  named('a name in pieces out of order', 'filename*1="b.bin"; filename*0="a"', 'ab.bin'),
  named(
    'a name in both forms',
    `filename="Gruesse.bin"; filename*=utf-8''Gr%C3%BC%C3%9Fe.bin`,
    'Grüße.bin',
  ),
  named('a name in Latin-1 by RFC 2231', "filename*=iso-8859-1'de'Gr%FC%DFe.bin", 'Grüße.bin'),
  named('a name in an encoded word', 'filename="=?utf-8?B?R3LDvMOfZS5iaW4=?="', 'Grüße.bin'),
  named(
    'a name in encoded words over lines',
    'filename="=?utf-8?Q?Gr=C3=BC?=\r\n =?utf-8?Q?=C3=9Fe.bin?="',
    'Grüße.bin',
  ),
  named('a file name in raw UTF-8', 'filename="Grüße.bin"', 'Grüße.bin'),
  named('a name with a path', String.raw`filename="C:\\Temp\\x.bin"`, String.raw`C:\Temp\x.bin`),
  named('a name with a percent sign', 'filename="100%25.bin"', '100%25.bin'),
  named('a name with a semicolon', 'filename="a;b.bin"', 'a;b.bin'),
  attached(
    'a name in Latin-1 bytes',
    [
      'Content-Type: application/octet-stream',
      latin1('Content-Disposition: attachment; filename="Gr\xfc\xdfe.bin"'),
    ],
    'Grüße.bin',
  ),
  attached(
    'a name of the Content-Type alone',
    ['Content-Type: application/octet-stream; name="=?iso-8859-1?Q?Gr=FC=DFe.bin?="'],
    'Grüße.bin',
  ),
  attached(
    'two names',
    [
      'Content-Type: application/octet-stream; name=old.bin',
      'Content-Disposition: attachment; filename=new.bin',
    ],
    'new.bin',
  ),
  attached(
    'no name',
    ['Content-Type: application/octet-stream', 'Content-Disposition: attachment'],
    'application/octet-stream',
  ),
  attached(
    'a disposition in capitals',
    ['Content-Type: APPLICATION/OCTET-STREAM', 'CONTENT-DISPOSITION: ATTACHMENT; FILENAME=CAP.BIN'],
    'CAP.BIN',
  ),
]
