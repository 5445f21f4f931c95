/** The worst mail that is known of one kind, in any size: small for tests, full for an attack on a running server. */
export interface WorstMessage {
  readonly name: string
  /** About so many bytes. */
  readonly make: (bytes: number) => Buffer
}

const mixed = 'Content-Type: multipart/mixed; boundary=a\r\n\r\n'

/** A head, and a piece as often as there is room, numbered where that matters. */
function filled(head: string, piece: string, tail: string = ''): (bytes: number) => Buffer {
  return (bytes) => {
    const room = Math.max(0, bytes - Buffer.byteLength(head) - Buffer.byteLength(tail))
    const body = Buffer.alloc(room - (room % Buffer.byteLength(piece)), piece)
    return Buffer.concat([Buffer.from(head), body, Buffer.from(tail)])
  }
}

function numbered(
  head: string,
  piece: (at: number) => string,
  tail: string = '',
): (bytes: number) => Buffer {
  return (bytes) => {
    const pieces = [head]
    let left = bytes - head.length - tail.length
    for (let at = 0; left > 0; at += 1) {
      const next = piece(at)
      pieces.push(next)
      left -= next.length
    }
    return Buffer.from(pieces.join('') + tail)
  }
}

/** Opens 30 multiparts whose boundaries begin alike. */
const alikeBoundaries: string = Array.from({ length: 30 }, (_, at) => {
  const boundary = 'a'.repeat(at + 1)
  return `Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n--${boundary}\r\n`
}).join('')

const structures: readonly WorstMessage[] = [
  { name: 'empty parts', make: filled(mixed, '--a\r\n\r\n') },
  { name: 'parts without a header', make: filled(mixed, '--a\r\n') },
  { name: 'closing boundary lines', make: filled(mixed, '--a--\r\n') },
  { name: 'lines that are nearly boundaries', make: filled(mixed, '--b\r\n') },
  { name: 'lines that are longer than the boundary', make: filled(mixed, '--ab\r\n') },
  {
    name: 'boundaries that begin alike',
    make: filled(alikeBoundaries, `--${'a'.repeat(40)}\r\n`),
  },
  {
    name: 'boundaries with one hash',
    make: filled(
      Array.from({ length: 30 }, (_, at) => {
        const bits = at.toString(2).padStart(5, '0')
        const boundary = bits.replaceAll('0', 'Aa').replaceAll('1', 'BB')
        return `Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n--${boundary}\r\n`
      }).join(''),
      '--BBBBBBBBBB\r\n',
    ),
  },
  {
    name: 'boundary lines with white space behind',
    make: filled(mixed, `--a${' '.repeat(990)}\r\n`),
  },
  {
    name: 'nested multiparts',
    make: numbered(
      '',
      (at) => `Content-Type: multipart/mixed; boundary=b${at}\r\n\r\n--b${at}\r\n`,
    ),
  },
  { name: 'nested messages', make: filled('', 'Content-Type: message/rfc822\r\n\r\n') },
  {
    name: 'messages side by side',
    make: filled(mixed, '--a\r\nContent-Type: message/rfc822\r\n\r\nTo: a@b\r\n\r\nx\r\n'),
  },
  {
    name: 'a digest of empty messages',
    make: filled('Content-Type: multipart/digest; boundary=a\r\n\r\n', '--a\r\n\r\n\r\n'),
  },
]

const headers: readonly WorstMessage[] = [
  { name: 'header fields without a value', make: filled('', 'a:\r\n', '\r\nbody') },
  { name: 'subjects', make: filled('', 'Subject:\r\n', '\r\nbody') },
  { name: 'one long field', make: filled('Subject: ', 'x', '\r\n\r\nbody') },
  { name: 'folded lines', make: filled('Subject: x\r\n', ' \r\n', '\r\nbody') },
  { name: 'fields of parts', make: filled(`${mixed}--a\r\n`, 'Content-Type: text/plain\r\n') },
  { name: 'addresses', make: filled('To: ', 'a@b,', '\r\n\r\nbody') },
  { name: 'addresses with names', make: filled('To: ', '"a" <a@b>, ', '\r\n\r\nbody') },
  { name: 'open brackets', make: filled('To: ', '<', '\r\n\r\nbody') },
  { name: 'open quotes', make: filled('To: a', '"', '\r\n\r\nbody') },
  { name: 'open comments', make: filled('To: ', '(', '\r\n\r\nbody') },
  { name: 'square brackets', make: filled('To: ', '[', '\r\n\r\nbody') },
  { name: 'groups', make: filled('To: ', 'g:;', '\r\n\r\nbody') },
  { name: 'words without an address', make: filled('To: ', 'a ', '\r\n\r\nbody') },
  { name: 'encoded words', make: filled('Subject: ', '=?utf-8?q?a?= ', '\r\n\r\nbody') },
  {
    name: 'encoded words of changing charsets',
    make: filled('Subject: ', '=?utf-8?q?a?= =?iso-8859-2?q?b?= ', '\r\n\r\nbody'),
  },
  { name: 'beginnings of encoded words', make: filled('Subject: ', '=?', '\r\n\r\nbody') },
  { name: 'reply marks', make: filled('Subject: ', 're: ', '\r\n\r\nbody') },
  {
    name: 'forward brackets',
    make: (bytes) =>
      Buffer.from(`Subject: ${'[fwd:'.repeat(bytes / 6)}${']'.repeat(bytes / 6)}\r\n\r\nbody`),
  },
  { name: 'open blobs', make: filled('Subject: ', '[a', '\r\n\r\nbody') },
  { name: 'parameters', make: numbered('Content-Type: a/b', (at) => `; p${at}=v`, '\r\n\r\nx') },
  {
    name: 'continued parameters',
    make: numbered('Content-Type: a/b', (at) => `; n*${at}*=%41`, '\r\n\r\nx'),
  },
  { name: 'semicolons', make: filled('Content-Type: a/b', ';', '\r\n\r\nx') },
  { name: 'brackets of a Content-ID', make: filled('Content-ID: <x', '>', 'x\r\n\r\nbody') },
  { name: 'spaces of a Content-ID', make: filled('Content-ID: <x', ' ', 'x\r\n\r\nbody') },
  { name: 'spaces in a media type', make: filled('Content-Type: text', ' ', 'x\r\n\r\nbody') },
  { name: 'languages', make: filled('Content-Language: ', 'a,', '\r\n\r\nbody') },
  { name: 'references', make: numbered('References: ', (at) => `<${at}@x>\r\n `, '\r\n\r\nbody') },
  { name: 'open message ids', make: filled('References: ', '<', '\r\n\r\nbody') },
  { name: 'a date', make: filled('Date: ', '1 ', '\r\n\r\nbody') },
]

const base64 = 'Content-Transfer-Encoding: base64\r\n\r\n'
const html = 'Content-Type: text/html\r\n\r\n'
const utf8 = 'Content-Type: text/plain; charset=utf-8\r\n\r\n'

const bodies: readonly WorstMessage[] = [
  { name: 'base64, a byte a line', make: filled(base64, 'Q\r\n') },
  { name: 'base64 of nothing but line ends', make: filled(base64, '\r\n') },
  {
    name: 'soft line breaks',
    make: filled('Content-Transfer-Encoding: quoted-printable\r\n\r\n', '=\r\n'),
  },
  {
    name: 'spaces of quoted-printable',
    make: filled('Content-Transfer-Encoding: quoted-printable\r\n\r\n', ' ', 'x'),
  },
  { name: 'tags', make: filled(html, '<a>') },
  { name: 'open tags', make: filled(html, '<a ') },
  { name: 'open comments of HTML', make: filled(html, '<!--') },
  { name: 'scripts', make: filled(html, '<script></script>') },
  { name: 'open scripts', make: filled(html, '<script>') },
  { name: 'entities', make: filled(html, '&amp;') },
  { name: 'ampersands', make: filled(html, '&') },
  { name: 'carriage returns', make: filled('Subject: x\r\n\r\n', '\r') },
  { name: 'empty lines', make: filled('Subject: x\r\n\r\n', '\n') },
  { name: 'marks heaped on a letter', make: filled(`${utf8}a`, '\u0316\u0301') },
  {
    name: 'marks heaped on a letter of the subject',
    make: filled('Subject: a', '\u0316\u0301', '\r\n\r\n'),
  },
  { name: 'NUL', make: filled(utf8, '\u0000') },
  {
    name: 'bytes that are no UTF-8',
    make: (bytes) => Buffer.concat([Buffer.from(utf8), Buffer.alloc(bytes, 0xff)]),
  },
  { name: 'words', make: numbered(utf8, (at) => `${at.toString(36)} `) },
  { name: 'what cannot be compressed', make: incompressible },
]

/** A generator of Lehmer's: the same bytes each time. */
function incompressible(bytes: number): Buffer {
  const content = Buffer.alloc(bytes)
  content.write('Subject: x\r\n\r\n')
  let state = 42
  for (let at = 16; at < bytes; at += 1) {
    state = (state * 48_271) % 2_147_483_647
    content[at] = 32 + ((state >> 8) % 94)
  }
  return content
}

export const worstMessages: readonly WorstMessage[] = [...structures, ...headers, ...bodies]
