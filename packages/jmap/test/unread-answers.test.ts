import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { turnUnits } from '../src/budget/request-budget.ts'
import { JmapFixture, type Answer } from './jmap-fixture.ts'
import { burnCpu, mostTurnCpuMs } from './turn-yardstick.ts'

/** On a busy machine. */
const patient = { timeout: 60_000, interval: 20 }
/** More than the buffers of two sockets on loopback take. */
const muchBytes = 24_000_000

let jmap: JmapFixture
beforeEach(async () => {
  jmap = await JmapFixture.open({
    maxSizeUpload: 40_000_000,
    maxConcurrentDownloads: 2,
    unreadAnswerMs: 300_000,
  })
})
afterEach(() => jmap[Symbol.asyncDispose]())

async function muchIn(fixture: JmapFixture): Promise<string> {
  return pathIn(fixture, await fixture.upload(Buffer.alloc(muchBytes, 'x'), 'a/b'))
}

function pathIn({ accountId }: JmapFixture, blobId: string): string {
  return `/jmap/download/${accountId}/${blobId}/name`
}

async function attachmentIn(fixture: JmapFixture, content: Buffer): Promise<string> {
  const lines = content.toString('base64').replaceAll(/.{76}/g, '$&\n')
  const id = await fixture.add(
    `Content-Type: application/pdf\nContent-Transfer-Encoding: base64\n\n${lines}\n`,
  )
  const asked = { ids: [id], properties: ['attachments'], bodyProperties: ['blobId', 'size'] }
  const { list } = await fixture.call('Email/get', asked)
  const [email] = list as unknown as { attachments: { blobId: string }[] }[]
  return pathIn(fixture, email?.attachments[0]?.blobId ?? '')
}

describe('downloads that nobody reads', () => {
  it('an account has so many open, another has its own, and the next one begins when one is over', async () => {
    const path = await muchIn(jmap)
    const open = [await jmap.open({ path }), await jmap.open({ path })]
    let hasBegun = false
    const third = jmap.open({ path }).finally(() => (hasBegun = true))
    const others = `/jmap/download/${jmap.otherId}/none/name`
    const headers = { authorization: jmap.otherLogin }
    expect((await jmap.ask({ path: others, headers })).status).toBe(404)
    expect(hasBegun).toBe(false)
    open[0]?.destroy()
    expect((await third).statusCode).toBe(200)
    // The other one is all there.
    let bytes = 0
    for await (const chunk of open[1] ?? []) bytes += (chunk as Buffer).length
    expect(bytes).toBe(muchBytes)
  }, 120_000)

  it('a large attachment is not decoded ahead of the client: it is read in turns, as far as the client takes it', async () => {
    const content = Buffer.alloc(muchBytes, 'attachment')
    const path = await attachmentIn(jmap, content)
    jmap.turns.length = 0
    const response = await jmap.open({ path })
    expect(response.statusCode).toBe(200)
    // As long as another request takes, many times over.
    for (let at = 0; at < 20; at++) await jmap.call('Mailbox/get')
    const ahead = jmap.turns.reduce((sum, units) => sum + units, 0)
    expect(ahead).toBeLessThan(muchBytes)
    // What others do while the client takes nothing is no part of its turns.
    const most = mostTurnCpuMs()
    burnCpu(most)
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    expect(Buffer.concat(chunks).equals(content)).toBe(true)
    expect(Math.max(...jmap.turns)).toBeLessThanOrEqual(turnUnits)
    expect(Math.max(...jmap.turnsCpuMs)).toBeLessThan(most)
  }, 120_000)

  it('a whole blob is read in turns too', async () => {
    const path = await muchIn(jmap)
    jmap.turns.length = 0
    const answer = await jmap.ask({ path })
    expect(answer.headers['content-length']).toBe(String(muchBytes))
    expect(answer.body.length).toBe(muchBytes)
    expect(jmap.turns.length).toBeGreaterThanOrEqual(muchBytes / turnUnits)
    expect(Math.max(...jmap.turns)).toBeLessThanOrEqual(turnUnits)
    expect(Math.max(...jmap.turnsCpuMs)).toBeLessThan(mostTurnCpuMs())
  }, 120_000)

  it('HEAD looks for the blob and reads nothing of it', async () => {
    const path = await muchIn(jmap)
    jmap.turns.length = 0
    const answer = await jmap.ask({ path, method: 'HEAD' })
    expect(answer).toMatchObject({ status: 200, text: '' })
    expect(answer.headers['content-length']).toBe(String(muchBytes))
    // Turns that ended with the wait for the store have nothing in them.
    expect(jmap.turns.filter((units) => units > 0)).toEqual([1024])
  }, 120_000)

  it('a client that takes nothing is cut, and its place is free again', async () => {
    await using hasty = await JmapFixture.open({
      maxSizeUpload: 40_000_000,
      maxConcurrentDownloads: 1,
      unreadAnswerMs: 500,
    })
    const path = await muchIn(hasty)
    const unread = await hasty.open({ path })
    unread.on('error', () => undefined)
    await expect
      .poll(async () => (await hasty.ask({ path, method: 'HEAD' })).status, patient)
      .toBe(200)
    expect(hasty.logged).toEqual([])
  }, 120_000)
})

function echo(fixture: JmapFixture, login: string | undefined): Promise<Answer> {
  const call = ['Core/echo', { text: 'x'.repeat(900_000) }, 'c']
  const headers = login === undefined ? {} : { authorization: login }
  const body = { using: ['urn:ietf:params:jmap:core'], methodCalls: [call] }
  return fixture.api(body, { headers })
}

describe('answers that nobody reads', () => {
  it('are bounded for each account, whatever the requests ask for, and the memory comes back', async () => {
    await using narrow = await JmapFixture.open({
      maxResponseBytes: 24_000_000,
      maxAnswerBytesInFlight: 48_000_000,
      maxRequestWorkBytes: 64_000_000,
      unreadAnswerMs: 300_000,
    })
    const text = 'x'.repeat(1_030_000)
    const reference = { resultOf: 'c0', name: 'Core/echo', path: '/text' }
    const methodCalls = Array.from({ length: 23 }, (_, at) =>
      at === 0 ? ['Core/echo', { text }, 'c0'] : ['Core/echo', { '#text': reference }, `c${at}`],
    )
    const unread = await narrow.open({
      method: 'POST',
      path: '/jmap/api',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ using: ['urn:ietf:params:jmap:core'], methodCalls }),
    })
    const isRefused = async (login?: string): Promise<boolean> =>
      (await echo(narrow, login)).text.includes('"requestTooLarge"')
    expect(await isRefused()).toBe(true)
    expect(await isRefused(narrow.otherLogin)).toBe(false)
    unread.destroy()
    await expect.poll(() => isRefused(), patient).toBe(false)
  }, 120_000)
})
