import fc from 'fast-check'
import { expect, it } from 'vitest'

import { BareLineEndings, looksLikeSmuggling } from './line-endings.ts'

/** In pieces of so many bytes. */
function findBareLineEnding(bytes: Buffer, size = bytes.length + 1): number {
  const endings = new BareLineEndings()
  for (let at = 0; at < bytes.length; at += size) endings.came(bytes.subarray(at, at + size))
  return endings.end()
}

it.each([
  ['', -1],
  ['a\r\nb\r\n', -1],
  ['\n', 0],
  ['a\nb\r\n', 1],
  ['a\r\n\nb', 3],
  ['a\rb\r\n', 1],
  ['a\r\r\n', 1],
  ['a\r', 1],
  ['a\rb\nc', 1],
  ['a\nb\rc', 1],
])('in %j the first bare line ending is at %d', (text, at) => {
  for (const size of [1, 2, 3, 100]) expect(findBareLineEnding(Buffer.from(text), size)).toBe(at)
})

it('agrees with the definition', () => {
  const piece = fc.constantFrom('\r', '\n', '\r\n', 'x')
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const text = pieces.join('')
      const found = /(?<!\r)\n|\r(?!\n)/.exec(text)?.index ?? -1
      for (const size of [1, 2, 5]) expect(findBareLineEnding(Buffer.from(text), size)).toBe(found)
    }),
  )
})

const smuggles = (text: string): Promise<boolean> => {
  const bytes = Buffer.from(text)
  const message = { slice: (start: number, end: number) => bytes.subarray(start, end) }
  return looksLikeSmuggling(message, findBareLineEnding(bytes))
}
const mail = 'MAIL FROM:<evil@example.org>\r\nRCPT TO:<me@example.test>\r\nDATA\r\n'

it.each([
  '\r\r\n.\r\r\n',
  '\r\n.\r\r\n',
  '\r\r\n.\r\n',
  '\r\r\r\r\r\n.\r\r\r\r\r\n',
  '\n.\n',
  '\n.\r\n',
  '\r\n.\n',
  '\r.\r',
  '\r.\r\n',
  '\r\n.\r',
  '\n.\r',
  '\r.\n',
])('a transaction behind the false end %j is smuggled', async (end) => {
  expect(await smuggles(`x${end}${mail}`)).toBe(true)
  expect(await smuggles(`x${end}${mail.replaceAll('\r\n', '\n')}`)).toBe(true)
  expect(await smuggles(`x${end}EHLO evil.example\nRSET\r\n${mail.toLowerCase()}`)).toBe(true)
  expect(await smuggles(`a\nb${end}\r\n${end}${mail}`)).toBe(true)
  expect(await smuggles(`x${end}mail from: <> size=5`)).toBe(true)
})

it.each([
  ['a greeting in text with bare LF', 'hi\nhelo there\nhow are you\n'],
  ['a greeting behind a dot', 'hi\n.\nhelo there\nhow are you\n'],
  ['a dot alone in text with bare LF', 'one\n.\ntwo\n'],
  ['a shell script that mails', 'telnet mx 25 <<END\nhello\n.\nQUIT\nEND\n'],
  ['talk about MAIL FROM', 'a\n.\nMAIL FROM: is the envelope\nmail from me\n'],
  ['commands without an end before them', `log\n${mail}`],
  ['a stuffed dot before commands', `a\nb\r\n.\r\n${mail}`],
  ['words that are commands too', 'x\n.\ndata\n\nnoop\n'],
])('%s is no smuggling', async (_name, text) => {
  expect(await smuggles(text)).toBe(false)
})

it.each(['\n.\nehlo x\nrset\n', '.\n', '\r', '\n.\r\r\r'])(
  'reads a bounded part of a message of %j',
  async (piece) => {
    const bytes = Buffer.from(`a\n${piece.repeat(60_000)}`)
    let read = 0
    const slice = (start: number, end: number): Buffer => {
      read += end - start
      return bytes.subarray(start, end)
    }
    expect(await looksLikeSmuggling({ slice }, 1)).toBe(false)
    expect(read).toBeLessThan(70_000)
  },
)
