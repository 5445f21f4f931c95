import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openSpool, type Spool } from '@gatepost/spool'
import { SmallDisk } from '@gatepost/testkit'
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest'

import { basic, JmapFixture, type Answer } from './jmap-fixture.ts'

const parent = mkdtempSync(join(tmpdir(), 'gatepost-upload-'))
afterAll(() => rmSync(parent, { recursive: true }))
let folder: string
let spool: Spool
let jmap: JmapFixture
beforeEach(async () => {
  folder = mkdtempSync(join(parent, 'spool-'))
  spool = await openSpool({ folder, maxBytes: 40_000_000, maxMessageBytes: 10_000_000 })
  jmap = await JmapFixture.open({ maxSizeUpload: 10_000_000, uploadWaitMs: 1 }, spool)
})
afterEach(() => jmap[Symbol.asyncDispose]())

const body = Buffer.alloc(5_000_000, 'every byte of it: \0\r\n')
const ways = [
  ['with a length', {}],
  ['in chunks', { 'transfer-encoding': 'chunked' }],
] as const

function upload(headers: Record<string, string>, content: Buffer = body): Promise<Answer> {
  const path = `/jmap/upload/${jmap.accountId}/`
  const all = { 'content-type': 'a/b', ...headers }
  return jmap.ask({ method: 'POST', path, body: content, headers: all })
}

/** The file goes when the answer is out. */
async function isEmpty(): Promise<void> {
  await expect.poll(() => [readdirSync(folder), spool.usedBytes]).toEqual([[], 0])
}

it.each(ways)(
  'a large upload is kept byte for byte, by way of a file: %s',
  async (_way, headers) => {
    const answer = await upload(headers)
    expect(answer.status).toBe(201)
    const { blobId, size } = JSON.parse(answer.text) as { blobId: string; size: number }
    expect(size).toBe(body.length)
    await isEmpty()
    const path = `/jmap/download/${jmap.accountId}/${blobId}/all`
    expect((await jmap.ask({ path })).text).toBe(body.toString())
  },
)

it.each(ways)('is told to come later when the account has its share: %s', async (_way, headers) => {
  const held = spool.begin(jmap.accountId)
  expect(held.reserve(18_000_000)).toBeUndefined()
  const refused = await upload(headers)
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '10'])
  await held[Symbol.asyncDispose]()
  expect((await upload(headers)).status).toBe(201)
  await isEmpty()
})

it.for(ways)('is told to come later when the disk is full: %s', async ([, headers], context) => {
  using disk = SmallDisk.mount(context, folder, { megabytes: 2 })
  expect(disk.path).toBe(folder)
  const refused = await upload(headers)
  expect(refused.status).toBe(503)
  expect(JSON.parse(refused.text)).toMatchObject({
    detail: 'There is no room for so much content now',
  })
  expect(jmap.logged).toEqual([])
  await isEmpty()
  expect((await upload(headers, body.subarray(0, 1_500_000))).status).toBe(201)
  await isEmpty()
})

it('too large, over the quota, or of a client that goes, it leaves no file', async () => {
  expect((await upload({ 'transfer-encoding': 'chunked' }, Buffer.alloc(11_000_000))).status).toBe(
    413,
  )
  await jmap.store.directory.setQuota('me@example.test', { bytes: 1000, emails: 10 })
  expect((await upload({})).status).toBe(507)
  await isEmpty()
  const gone = connect(jmap.ports.plain, '127.0.0.1')
  gone.write(
    `POST /jmap/upload/${jmap.accountId}/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${basic}\r\nContent-Type: a/b\r\nContent-Length: ${body.length}\r\n\r\n`,
  )
  gone.write(body.subarray(1))
  await expect.poll(() => readdirSync(folder)).toHaveLength(1)
  gone.destroy()
  await isEmpty()
  expect(jmap.logged).toEqual([])
})
