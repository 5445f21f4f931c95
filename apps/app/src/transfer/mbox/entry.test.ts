import { Readable } from 'node:stream'

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { usableKeywords } from '../keyword-names.ts'
import type { MailItem } from '../mail-item.ts'
import { formatEntry, parseEntry } from './entry.ts'
import { formatFromLine, parseFromLine } from './from-line.ts'
import { type SplitEntry, splitEntries } from './split-entries.ts'

/** When the file was written. */
const otherwiseAt = 1_234_567_000

async function readBack(mbox: Buffer, chunkBytes = 65_536): Promise<MailItem[]> {
  const chunks = Array.from({ length: Math.ceil(mbox.length / chunkBytes) }, (_, at) =>
    mbox.subarray(at * chunkBytes, (at + 1) * chunkBytes),
  )
  return (await entriesOf(chunks)).flatMap((entry) =>
    entry.kind === 'entry' ? [parseEntry(entry, otherwiseAt).item] : [],
  )
}

async function entriesOf(chunks: Iterable<Buffer>): Promise<SplitEntry[]> {
  const entries: SplitEntry[] = []
  for await (const entry of splitEntries(Readable.from(chunks))) entries.push(entry)
  return entries
}

/** Everything that is awkward in an mbox. */
const content = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'From ',
        'From me Thu Jan  1 00:00:00 1970',
        '>From ',
        '>>From ',
        '>',
        '\n',
        '\r\n',
        '\r',
        '\n\n',
        '\r\n\r\n',
        'Status: RO',
        'X-Keywords: a',
        'X-Gatepost-Mbox: 1; headers=1; received=5; lines=crlf; end=none',
        'Content-Length: 3',
        'Subject: x',
        'ä\u0000',
      ),
      fc.string({ maxLength: 5 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Buffer.from(parts.join('')))

const keyword = fc.stringMatching(/^[!#$&'+-Z[^-z|}~]{1,12}$/)
const item: fc.Arbitrary<MailItem> = fc.record({
  content,
  receivedAt: fc.integer({ min: -1e13, max: 1e15 }),
  zoneMinutes: fc.integer({ min: -1_439, max: 1_439 }),
  keywords: fc
    .array(fc.oneof(keyword, fc.constantFrom('$seen', '$answered', '$flagged', '$draft')))
    .map(usableKeywords),
  isDeleted: fc.boolean(),
})

describe('an mbox of ours', () => {
  it('gives back every message, byte for byte, with its flags and date, wherever it is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(item, { maxLength: 5 }),
        fc.integer({ min: 1, max: 90 }),
        async (items, chunkBytes) => {
          const mbox = Buffer.concat(items.map(formatEntry))
          expect(await readBack(mbox, chunkBytes)).toEqual(items)
        },
      ),
      { numRuns: 400 },
    )
  })

  it('is one that other programs can read', () => {
    const entry = formatEntry({
      content: Buffer.from('Subject: x\r\n\r\nFrom here on\r\n>From there\r\n'),
      receivedAt: Date.UTC(2025, 6, 1, 8, 5, 9),
      zoneMinutes: -210,
      keywords: ['$flagged', '$seen', 'Work'],
      isDeleted: true,
    })
    expect(entry.toString()).toBe(
      'From MAILER-DAEMON Tue Jul  1 08:05:09 2025\n' +
        'X-Gatepost-Mbox: 1; headers=3; received=1751357109000; zone=-0330; lines=crlf; end=newline\n' +
        'Status: RO\nX-Status: FD\nX-Keywords: Work\n' +
        'Subject: x\n\n>From here on\n>>From there\n\n',
    )
  })
})

describe('an mbox of another program', () => {
  it('tells flags in its headers, which belong to no message', async () => {
    const mbox = Buffer.from(
      'From me@example.org Tue Jul  1 10:05:09 2025\n' +
        'X-IMAPbase: 1 2 Work\n folded\nSubject: one\nStatus: RO\nX-Status: A\nX-Keywords: Work bad(word\nContent-Length: 7\n\n>From x\n\n' +
        'From - Tue Jul  1 10:05:10 2025\nX-Mozilla-Status: 1005\nX-Mozilla-Keys: $label1 later\nSubject: two\n\nStatus: no header\n',
    )
    expect(await readBack(mbox)).toEqual([
      {
        content: Buffer.from('Subject: one\r\n\r\nFrom x\r\n'),
        receivedAt: Date.UTC(2025, 6, 1, 10, 5, 9),
        zoneMinutes: 0,
        keywords: ['$answered', '$seen', 'Work'],
        isDeleted: false,
      },
      {
        content: Buffer.from('Subject: two\r\n\r\nStatus: no header\r\n'),
        receivedAt: Date.UTC(2025, 6, 1, 10, 5, 10),
        zoneMinutes: 0,
        keywords: ['$flagged', '$forwarded', '$label1', '$seen', 'later'],
        isDeleted: false,
      },
    ])
  })

  it('may have CRLF, no empty line at its end, and lines that only look like a beginning', async () => {
    const mbox = Buffer.from(
      'From a@b Tue Jul  1 10:05:09 2025\r\nSubject: one\r\n\r\nFrom here on it is text\r\n\r\nFrom Rome\r\n\r\n' +
        'From c@d Tue Jul  1 10:05:10 2025\r\nSubject: two\r\n\r\nlast',
    )
    const items = await readBack(mbox)
    expect(items.map((one) => one.content.toString())).toEqual([
      'Subject: one\r\n\r\nFrom here on it is text\r\n\r\nFrom Rome\r\n',
      'Subject: two\r\n\r\nlast',
    ])
  })

  it('that wrote an mbox of ours again is believed about the flags', async () => {
    const written = formatEntry({
      content: Buffer.from('Subject: x\r\n\r\nbody\r\n'),
      receivedAt: 0,
      zoneMinutes: 0,
      keywords: [],
      isDeleted: false,
    }).toString()
    const again = written
      .replace('Status: O\n', '')
      .replace('Subject: x\n', 'Subject: x\nStatus: RO\n')
    expect(await readBack(Buffer.from(again))).toEqual([
      {
        content: Buffer.from('Subject: x\r\n\r\nbody\r\n'),
        receivedAt: 0,
        zoneMinutes: 0,
        keywords: ['$seen'],
        isDeleted: false,
      },
    ])
  })
})

const contents = (items: readonly MailItem[]): string[] =>
  items.map((one) => one.content.toString('latin1'))

describe('an mbox whose From lines have no date: an import found no message in it', () => {
  it('is read, with the time of its header', async () => {
    const mbox = Buffer.from(
      'From \r\nX-Mozilla-Status: 0001\r\nX-Mozilla-Status2: 00000000\r\nReceived: from a by b;\r\n Tue, 1 Jul 2025 10:00:00 +0200\r\nDate: Mon, 30 Jun 2025 10:00:00 +0000\r\nSubject: one\r\n\r\nbody\r\n\r\n' +
        'From \r\nX-Mozilla-Status: 0000\r\nDate: Mon, 30 Jun 2025 10:00:00 +0000\r\n\r\nbody\r\n\r\n' +
        'From - \r\nSubject: three\r\n\r\n',
    )
    const items = await readBack(mbox)
    expect(items.map(({ receivedAt, zoneMinutes }) => [receivedAt, zoneMinutes])).toEqual([
      [Date.UTC(2025, 6, 1, 8), 120],
      [Date.UTC(2025, 5, 30, 10), 0],
      [otherwiseAt, 0],
    ])
    expect(items[0]?.keywords).toEqual(['$seen'])
    expect(items[1]?.keywords).toEqual([])
  })

  it('behind lines with one: the messages were one', async () => {
    const mbox = Buffer.from(
      'From - Tue Jul  1 10:05:09 2025\nSubject: one\n\nfirst\n\nFrom \nSubject: two\n\nsecond\n\nFrom \nSubject: three\n\n',
    )
    expect(contents(await readBack(mbox, 1))).toEqual([
      'Subject: one\r\n\r\nfirst\r\n',
      'Subject: two\r\n\r\nsecond\r\n',
      'Subject: three\r\n',
    ])
  })

  it('has such lines in its texts', async () => {
    const bodies = [
      'text\n\nFrom \nhere on: text\n',
      'text\nFrom \nX-Quoted: yes\n',
      'text\n\nFrom the sea\nSubject: no\n',
      'text\nFrom - Tue Jul  1 10:05:09 2025\nno header\n',
      'text\n\nFrom bob Tue Jul  1 10:05:09 2025\nno header either\n',
      'text\n\n>From \nSubject: quoted\n',
    ]
    const mbox = bodies.map((body) => `From \nSubject: x\n\n${body}\n`).join('')
    expect(contents(await readBack(Buffer.from(mbox)))).toEqual(
      bodies.map((body) =>
        `Subject: x\n\n${body}`.replaceAll('>From', 'From').replaceAll('\n', '\r\n'),
      ),
    )
  })
})

it('reads messages without a header, and without an empty line between them', async () => {
  const from = 'From a@b Tue Jul  1 10:05:09 2025\n'
  const mbox = `${from}\nbody\n\n${from}Subject: two\n\nno end\n${from}Subject: three\n\n${from}`
  expect(contents(await readBack(Buffer.from(mbox)))).toEqual([
    '\r\nbody\r\n',
    'Subject: two\r\n\r\nno end\r\n',
    'Subject: three\r\n',
    '',
  ])
})

describe('what is in front of the first message', () => {
  const one = 'From a@b Tue Jul  1 10:05:09 2025\nSubject: one\n\n'

  it.each(['\ufeff', '\n\r\n\n', '\ufeff\r\n'])(
    '%j hides no message: a byte order mark or an empty line did',
    async (start) => {
      expect(contents(await readBack(Buffer.from(start + one), 1))).toEqual(['Subject: one\r\n'])
    },
  )

  it('is told of when it is text', async () => {
    const found = await entriesOf([Buffer.from(`abc\n\n${one}`)])
    expect(found).toMatchObject([{ kind: 'stray', bytes: 4 }, { kind: 'entry' }])
  })
})

it('reads a very long line in pieces, of which none but the first begins a line', async () => {
  const long = `${'x'.repeat(3 * 1_048_576)}From - Tue Jul  1 10:05:09 2025\nSubject: y\n`
  const mbox = `From - Tue Jul  1 10:05:09 2025\n\n${long}`
  const [only, ...others] = await readBack(Buffer.from(mbox), 1_048_576 / 4)
  expect(others).toEqual([])
  expect(only?.content.equals(Buffer.from(`\r\n${long.replaceAll('\n', '\r\n')}`))).toBe(true)
})

it('knows what Thunderbird has expunged: it came back to life', async () => {
  const mbox = ['0001', '0008', '0009', '1000', '000A', 'x'].map(
    (bits) => `From \nX-Mozilla-Status: ${bits}\nSubject: ${bits}\n\n`,
  )
  const entries = await entriesOf([Buffer.from(mbox.join(''))])
  expect(entries.map((entry) => entry.kind === 'entry' && parseEntry(entry, 0).isExpunged)).toEqual(
    [false, true, true, false, true, false],
  )
})

describe('the line that begins a message', () => {
  it.each<[string, number | undefined, number?]>([
    ['From me@example.org Tue Jul  1 08:05:09 2025', Date.UTC(2025, 6, 1, 8, 5, 9), 0],
    ['From me@example.org Tue Jul 1 08:05 2025', Date.UTC(2025, 6, 1, 8, 5), 0],
    ['From "a b"@example.org Tue Jul 01 08:05:09 2025', Date.UTC(2025, 6, 1, 8, 5, 9), 0],
    ['From - Tue Jul  1 08:05:09 2025', Date.UTC(2025, 6, 1, 8, 5, 9), 0],
    ['From 17@xxx Tue Jul 01 08:05:09 +0000 2025', Date.UTC(2025, 6, 1, 8, 5, 9), 0],
    ['From me Tue Jul  1 08:05:09 2025 +0200', Date.UTC(2025, 6, 1, 6, 5, 9), 120],
    ['From me Tue Jul  1 08:05:09 MEST 2025', Date.UTC(2025, 6, 1, 8, 5, 9), 0],
    ['From me Tue Jul  1 08:05:09 2025 remote from host', Date.UTC(2025, 6, 1, 8, 5, 9), 0],
    ['From a@b.example Sat, 1 Jan 2022 10:00:00 +0000', Date.UTC(2022, 0, 1, 10), 0],
    ['From a@b.example Sat, 01 Jan 2022 10:00:00 +0200 (EET)', Date.UTC(2022, 0, 1, 8), 120],
    ['From a@b.example 1 Jan 2022 10:00 GMT', Date.UTC(2022, 0, 1, 10), 0],
    ['From me Tue Jul  1 08:05:09 2025 -9999', Date.UTC(2025, 6, 5, 12, 44, 9), 0],
    ['From me to you, on Tuesday', undefined],
    ['From Tue', undefined],
    ['>From me Tue Jul  1 08:05:09 2025', undefined],
    ['from me Tue Jul  1 08:05:09 2025', undefined],
  ])('%j', (line, receivedAt, zoneMinutes) => {
    const expected = receivedAt === undefined ? undefined : { receivedAt, zoneMinutes }
    expect(parseFromLine(line)?.received).toEqual(expected)
  })

  it('keeps the second', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (seconds) => {
        expect(parseFromLine(formatFromLine(seconds * 1000))).toEqual({
          received: { receivedAt: seconds * 1000, zoneMinutes: 0 },
        })
      }),
    )
  })

  it('is looked for in a time that grows with the line', () => {
    const line = `From ${'Tue Jul 1 '.repeat(90)}`
    const startedAt = performance.now()
    for (let round = 0; round < 1_000; round += 1) expect(parseFromLine(line)).toBeUndefined()
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })
})

describe('an mbox that is made to cost as much as it can', () => {
  const from = 'From - Tue Jul  1 10:05:09 2025\n'

  it('of a million blanks in a line of flags: they were looked through again for each of them', async () => {
    const value = `R${' '.repeat(1_000_000)}x`
    for (const name of ['Status', 'X-Keywords', 'X-Mozilla-Status', 'X-Gmail-Labels', 'Received'])
      expect(
        await readBack(Buffer.from(`${from}${name}: ${value}\nSubject: x\n\nbody\n`)),
      ).toHaveLength(1)
  }, 60_000)

  it('of empty lines alone takes the memory of its bytes: each of them took a hundred', async () => {
    const lines = 4_000_000
    const before = process.memoryUsage().heapUsed
    const found = await entriesOf([Buffer.from(`${from}Subject: x\n`), Buffer.alloc(lines, '\n')])
    const used = process.memoryUsage().heapUsed - before
    expect(found).toMatchObject([{ kind: 'entry', bytes: from.length + 11 + lines }])
    expect(used).toBeLessThan(200_000_000)
  }, 60_000)
})
