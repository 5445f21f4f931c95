import { partBlobId } from '../src/mail/part-blob-id.ts'
import type { JmapFixture } from './jmap-fixture.ts'

/** The worst that is known of one kind: what one account may send, to be tried against a running door. */
export interface WorstRequest {
  readonly name: string
  /** The body for `/jmap/api`. Puts into the store what it needs. */
  readonly body: (jmap: JmapFixture) => Promise<string> | string
}

const using = [
  'urn:ietf:params:jmap:core',
  'urn:ietf:params:jmap:mail',
  'urn:ietf:params:jmap:submission',
]
const million = 1_000_000

function request(methodCalls: readonly unknown[]): string {
  return JSON.stringify({ using, methodCalls })
}

/** 3,650 bytes that stand for 4 to the power of 15 copies of themselves. */
export function echoesOfEchoes(calls: number = 15): string {
  return request(
    Array.from({ length: calls }, (_, at) => {
      if (at === 0) return ['Core/echo', { text: 'x' }, 'c0']
      const reference = { resultOf: `c${at - 1}`, name: 'Core/echo', path: '' }
      return [
        'Core/echo',
        { '#a': reference, '#b': reference, '#c': reference, '#d': reference },
        `c${at}`,
      ]
    }),
  )
}

export function manyNames(count: number): string {
  return `{"using":["${using[0]}"],"methodCalls":[["Core/echo",{${names(count)}},"c0"]]}`
}

export function manyItems(item: string, count: number): string {
  const items = Array.from({ length: count }, () => item).join(',')
  return `{"using":["${using[0]}"],"methodCalls":[["Core/echo",{"items":[${items}]},"c0"]]}`
}

async function addBig(
  jmap: JmapFixture,
  count: number,
  body: { readonly fields: readonly string[]; readonly line: string; readonly bytes: number },
): Promise<string[]> {
  const lines = body.line.repeat(Math.floor(body.bytes / body.line.length))
  const ids: string[] = []
  for (let at = 0; at < count; at++)
    ids.push(await jmap.add(`Subject: ${at}\n${body.fields.join('\n')}\n\n${lines}`))
  return ids
}

function bodies(
  calls: number,
  ids: readonly string[],
  more: object = {},
): (j: JmapFixture) => string {
  return ({ accountId }) =>
    request(
      Array.from({ length: calls }, (_, at) => [
        'Email/get',
        { accountId, ids, properties: ['bodyValues'], fetchAllBodyValues: true, ...more },
        `c${at}`,
      ]),
    )
}

function parseOf(calls: number, args: object): (jmap: JmapFixture) => string {
  return ({ accountId }) =>
    request(
      Array.from({ length: calls }, (_, at) => ['Email/parse', { accountId, ...args }, `c${at}`]),
    )
}

const quoted = [
  'Content-Type: text/plain; charset=utf-8',
  'Content-Transfer-Encoding: quoted-printable',
]

/** Each needs a door that takes messages of `messageBytes`. */
/** Identities with the largest settings that there can be, which are read and written by all calls of a request. */
async function largeIdentities(jmap: JmapFixture): Promise<string> {
  for (let at = 0; at < 20; at += 1)
    await jmap.store.directory.addAlias({
      address: `large${at}@example.test`,
      target: 'me@example.test',
    })
  const { accountId } = jmap
  const { list } = await jmap.call('Identity/get')
  const update = (char: string): object =>
    Object.fromEntries(list.map(({ id }) => [id, { htmlSignature: char.repeat(65_000) }]))
  await jmap.call('Identity/set', { update: update('x') })
  const calls = Array.from({ length: 15 }, (_, at) => ['Identity/get', { accountId }, `g${at}`])
  return request([
    ...calls,
    ['Identity/set', { accountId, update: update('y') }, 's0'],
    ['Identity/set', { accountId, update: update('\n') }, 's1'],
  ])
}

export function worstRequests(messageBytes: number): readonly WorstRequest[] {
  const bytes = messageBytes - 10_000
  return [
    { name: 'echoes of echoes', body: () => echoesOfEchoes() },
    { name: 'an echo of 9 MB in 32 calls', body: () => echoOfOne(9 * million) },
    { name: '9 MB of escapes', body: () => manyItems(`"${'\\n'.repeat(4.5 * million)}"`, 1) },
    {
      name: '9 MB of letters of two bytes',
      body: () => manyItems(`"${'ä'.repeat(4.5 * million)}"`, 1),
    },
    { name: '500,000 names in one object', body: () => manyNames(500_000) },
    { name: '500 objects of 900 names', body: () => manyItems(`{${names(900)}}`, 500) },
    { name: '2,000,000 numbers', body: () => manyItems('1', 2 * million) },
    { name: 'identities with large signatures', body: largeIdentities },
    { name: '190,000 empty objects', body: () => manyItems('{}', 190_000) },
    {
      name: 'bodies: quoted-printable',
      body: async (jmap) =>
        bodies(
          32,
          await addBig(jmap, 20, { fields: quoted, line: 'H=C3=A4llo Welt, =\n', bytes }),
        )(jmap),
    },
    {
      name: 'bodies: bytes of which little is asked',
      body: async (jmap) =>
        bodies(32, await addBig(jmap, 20, { fields: quoted, line: '=41=42=43=44=\n', bytes }), {
          maxBodyValueBytes: 1,
        })(jmap),
    },
    {
      name: 'sizes of quoted-printable bodies',
      body: async (jmap) =>
        bodies(32, await addBig(jmap, 20, { fields: quoted, line: '=41 \t \t=42\n', bytes }), {
          properties: ['textBody', 'htmlBody', 'bodyStructure', 'attachments'],
        })(jmap),
    },
    {
      name: 'bodies: GB 18030',
      body: async (jmap) =>
        bodies(
          32,
          await addBig(jmap, 4, {
            fields: [
              'Content-Type: text/plain; charset=gb18030',
              'Content-Transfer-Encoding: base64',
            ],
            line: `${'gTCBMA=='.repeat(9)}\n`,
            bytes,
          }),
        )(jmap),
    },
    {
      name: 'header forms of a huge header',
      body: async (jmap) => {
        const to = `Addressee: ${'"a" (b) <c@d.example>, '.repeat(200)}\n`
        const id = await jmap.add(`${to.repeat(200)}\nbody`)
        const properties = casesOf('addressee')
          .slice(0, 250)
          .flatMap((name) => [
            `header:${name}:asAddresses:all`,
            `header:${name}:asGroupedAddresses:all`,
          ])
        return bodies(32, [id], { properties })(jmap)
      },
    },
    {
      name: 'a header of many fields',
      body: async (jmap) => {
        const id = await jmap.add(`${'x: =?utf-8?q?=C3=A4?=\n'.repeat(20_000)}\nbody`)
        return bodies(32, [id], {
          properties: ['headers', 'header:x:asText:all', 'header:X:asText:all', 'header:x:all'],
        })(jmap)
      },
    },
    {
      name: 'a thousand parts with every property',
      body: async (jmap) => {
        const parts = '--b\nContent-Type: text/plain\nX: y\n\nz\n'.repeat(990)
        const id = await jmap.add(`Content-Type: multipart/mixed; boundary=b\n\n${parts}--b--\n`)
        return bodies(32, [id], {
          properties: ['bodyStructure', 'textBody', 'htmlBody', 'attachments', 'bodyValues'],
          bodyProperties: [
            'partId',
            'size',
            'headers',
            ...Array.from({ length: 90 }, () => 'header:X'),
          ],
        })(jmap)
      },
    },
    { name: 'a draft with a text of 9 MB', body: draftOf(`${'ä'.repeat(70)}\n`.repeat(60_000)) },
    { name: 'a draft with a text of 9 MB in one line', body: draftOf('a='.repeat(4.5 * million)) },
    {
      name: 'drafts that take one text many times',
      body: ({ accountId, boxes }) => {
        const part = { partId: 't', type: 'text/plain' }
        const create = Object.fromEntries(
          Array.from({ length: 8 }, (_, at) => [
            `d${at}`,
            {
              mailboxIds: { [boxes['drafts'] ?? '']: true },
              bodyValues: { t: { value: 'ä'.repeat(32_000) } },
              attachments: Array.from({ length: 200 }, () => part),
            },
          ]),
        )
        return request([['Email/set', { accountId, create }, 'c0']])
      },
    },
    {
      name: 'a draft that takes in thousands of parts',
      body: async (jmap) => {
        const { boxes, accountId } = jmap
        const empty = '--b\nX: y\n\n'.repeat(990)
        const id = await jmap.add(`Content-Type: multipart/mixed; boundary=b\n\n${empty}--b--\n`)
        const attachments = Array.from({ length: 200 }, (_, at) => ({
          type: 'multipart/mixed',
          subParts: Array.from({ length: 12 }, (__, inner) => ({
            blobId: partBlobId(id, String(((at * 12 + inner) % 990) + 1)) ?? '',
          })),
        }))
        const mailboxIds = { [boxes['drafts'] ?? '']: true }
        const create = { d: { mailboxIds, attachments } }
        return request([['Email/set', { accountId, create }, 'c0']])
      },
    },
    {
      name: 'drafts with a large attachment',
      body: async (jmap) => {
        const blobId = await jmap.upload('x'.repeat(Math.floor(bytes * 0.7)), 'application/pdf')
        const create = Object.fromEntries(
          Array.from({ length: 8 }, (_, at) => [
            `d${at}`,
            { mailboxIds: { [jmap.boxes['drafts'] ?? '']: true }, attachments: [{ blobId }] },
          ]),
        )
        return request([['Email/set', { accountId: jmap.accountId, create }, 'c0']])
      },
    },
    {
      name: 'uploads of a thousand parts, parsed',
      body: async (jmap) => {
        const empty = '--b\nX: y\n\n'.repeat(990)
        const blobIds: string[] = []
        for (let at = 0; at < 60; at++)
          blobIds.push(
            await jmap.upload(
              `X: ${at}\nContent-Type: multipart/mixed; boundary=b\n\n${empty}--b--\n`,
            ),
          )
        return parseOf(8, { blobIds, properties: ['bodyStructure'] })(jmap)
      },
    },
    {
      name: 'an upload of the full size, parsed again and again',
      body: async (jmap) => {
        const line = 'H=C3=A4llo Welt, =\n'
        const text = line.repeat(Math.floor(bytes / line.length))
        const blobIds = [await jmap.upload(`${quoted.join('\n')}\n\n${text}`)]
        return parseOf(32, { blobIds, fetchAllBodyValues: true })(jmap)
      },
    },
    {
      name: 'large messages in one another, parsed',
      body: async (jmap) => {
        let content = `Subject: x\n\n${'x'.repeat(70)}\n`.repeat(Math.floor(bytes / 90))
        for (let level = 0; level < 16; level++)
          content = `Content-Type: message/rfc822\n\n${content}`
        let blobId = await jmap.upload(content)
        for (let level = 0; level < 16; level++) blobId = partBlobId(blobId, '1') ?? ''
        return parseOf(32, { blobIds: [blobId] })(jmap)
      },
    },
    {
      name: 'a draft that takes in parts of two large uploads in turn',
      body: async (jmap) => {
        const { boxes, accountId } = jmap
        const parts = '--b\nX: y\n\n'.repeat(990)
        const end = 'x'.repeat(bytes - parts.length)
        const uploads = [0, 1].map((at) =>
          jmap.upload(
            `X: ${at}\nContent-Type: multipart/mixed; boundary=b\n\n${parts}--b--\n${end}`,
          ),
        )
        const blobIds = await Promise.all(uploads)
        const attachments = Array.from({ length: 200 }, (_, at) => ({
          blobId: partBlobId(blobIds[at % 2] ?? '', String(at + 1)) ?? '',
        }))
        const mailboxIds = { [boxes['drafts'] ?? '']: true }
        return request([
          ['Email/set', { accountId, create: { d: { mailboxIds, attachments } } }, 'c0'],
        ])
      },
    },
    {
      name: 'a filter with many mailboxes',
      body: ({ accountId, boxes }) => {
        const inMailboxOtherThan = Array.from({ length: 1000 }, () => boxes['inbox'])
        const conditions = Array.from({ length: 90 }, () => ({ inMailboxOtherThan }))
        const filter = { operator: 'AND', conditions }
        return request([['Email/query', { accountId, filter }, 'c0']])
      },
    },
    {
      name: 'a thousand ids that are not there, in 32 calls',
      body: ({ accountId }) => {
        const ids = Array.from({ length: 1000 }, (_, at) => `e${at}zz`)
        return request(
          Array.from({ length: 32 }, (_, at) => ['Email/get', { accountId, ids }, `c${at}`]),
        )
      },
    },
  ]
}

function echoOfOne(bytes: number): string {
  const reference = { resultOf: 'c0', name: 'Core/echo', path: '/text' }
  return request(
    Array.from({ length: 32 }, (_, at) =>
      at === 0
        ? ['Core/echo', { text: 'x'.repeat(bytes) }, 'c0']
        : ['Core/echo', { '#text': reference }, `c${at}`],
    ),
  )
}

function names(count: number): string {
  return Array.from({ length: count }, (_, at) => `"name${at}":1`).join(',')
}

/** Header names are the same in every case of their letters: each of these is another property. */
function casesOf(name: string): string[] {
  return Array.from({ length: 2 ** name.length }, (_, bits) =>
    Array.from(name, (letter, at) =>
      ((bits >> at) & 1) === 1 ? letter.toUpperCase() : letter,
    ).join(''),
  )
}

function draftOf(value: string): (jmap: JmapFixture) => string {
  return ({ accountId, boxes }) =>
    request([
      [
        'Email/set',
        {
          accountId,
          create: {
            d: {
              mailboxIds: { [boxes['drafts'] ?? '']: true },
              bodyValues: { t: { value } },
              textBody: [{ partId: 't', type: 'text/plain' }],
            },
          },
        },
        'c0',
      ],
    ])
}
