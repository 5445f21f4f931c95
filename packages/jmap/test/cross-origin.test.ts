import { text } from 'node:stream/consumers'

import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { basic, JmapFixture } from './jmap-fixture.ts'
import { WebPage } from './web-page.ts'

const named = 'https://webmail.example.com'
const json = { authorization: basic, 'content-type': 'application/json' }
const echo = '{"using":["urn:ietf:params:jmap:core"],"methodCalls":[["Core/echo",{},"c"]]}'

let jmap: JmapFixture
let page: WebPage
beforeEach(async () => {
  jmap = await JmapFixture.open()
  page = new WebPage(named, jmap.ports.plain)
})
afterEach(() => jmap[Symbol.asyncDispose]())

/** Without what the address of the server is. */
function pathOf(url: string, values: Readonly<Record<string, string>> = {}): string {
  const { pathname, search } = new URL(
    url.replaceAll(/\{(\w+)\}/g, (_, name: string) => values[name] ?? ''),
  )
  return `${pathname}${search}`
}

describe('a web client on another origin that is named', () => {
  it('finds its session, asks, uploads, downloads and is pushed to: event sources could not be read', async () => {
    const found = await page.fetch('/.well-known/jmap', { headers: { authorization: basic } })
    expect(found.status).toBe(200)
    const session = JSON.parse(await text(found.body)) as Record<string, string>
    const accountId = jmap.accountId
    const api = await page.fetch(pathOf(session['apiUrl'] ?? ''), {
      method: 'POST',
      headers: json,
      body: echo,
    })
    expect(JSON.parse(await text(api.body))).toMatchObject({
      methodResponses: [['Core/echo', {}, 'c']],
    })
    const uploaded = await page.fetch(pathOf(session['uploadUrl'] ?? '', { accountId }), {
      method: 'POST',
      headers: { authorization: basic, 'content-type': 'image/png' },
      body: 'png',
    })
    const { blobId = '' } = JSON.parse(await text(uploaded.body)) as { blobId?: string }
    const place = { accountId, blobId, name: 'a.png', type: 'image/png' }
    const got = await page.fetch(pathOf(session['downloadUrl'] ?? '', place), {
      headers: { authorization: basic },
    })
    expect(await text(got.body)).toBe('png')
    expect(got.headers.get('content-disposition')).toContain('a.png')
    const query = { types: '*', closeafter: 'state', ping: '0' }
    const events = await page.fetch(pathOf(session['eventSourceUrl'] ?? '', query), {
      headers: {
        accept: 'text/event-stream',
        authorization: basic,
        'cache-control': 'no-cache',
        'last-event-id': '1',
      },
    })
    expect(events.headers.get('content-type')).toContain('text/event-stream')
    await jmap.add('Subject: x\n\n')
    expect(await text(events.body)).toContain('event: state')
    expect(page.sent.filter((line) => line.startsWith('OPTIONS '))).toHaveLength(5)
    expect(jmap.security.of('authFailed')).toEqual([])
  }, 60_000)

  it.each([
    [
      'a wrong password',
      { authorization: 'Basic bWU6d3Jvbmc=', 'content-type': 'application/json' },
      401,
    ],
    ['no JSON', json, 400],
  ])('reads why it was refused: %s', async (_what, headers, status) => {
    const answer = await page.fetch('/jmap/api', { method: 'POST', headers, body: '{' })
    expect(answer.status).toBe(status)
    expect(answer.headers.get('content-type')).toContain('application/problem+json')
  })

  it('reads when it may come again, also when it is refused before anything is looked at', async () => {
    const decision = jmap.filter.decide('ban', 'me@example.test', 'username')
    const ask = { headers: { authorization: basic } }
    const refused = await page.fetch('/.well-known/jmap', ask)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '60'])
    jmap.filter.lift(decision)
    jmap.filter.decide('captcha', '127.0.0.1')
    const challenged = await page.fetch('/.well-known/jmap')
    expect([challenged.status, challenged.headers.get('retry-after')]).toEqual([429, '60'])
  })
})

it.each(['https://evil.example', 'null', 'http://webmail.example.com', `${named}:8443`])(
  'a page of %s gets nothing',
  async (origin) => {
    const other = new WebPage(origin, jmap.ports.plain)
    const headers = { authorization: basic }
    await expect(other.fetch('/.well-known/jmap', { headers })).rejects.toThrow(TypeError)
    const simple = { method: 'POST', body: echo } as const
    await expect(other.fetch('/jmap/api', simple)).rejects.toThrow(TypeError)
    expect(jmap.security.of('authSucceeded')).toEqual([])
  },
)

it('what is kept for a page of ours is not given to one of another origin', async () => {
  const blobId = await jmap.upload('x', 'a/b')
  const path = `/jmap/download/${jmap.accountId}/${blobId}/n`
  expect((await jmap.ask({ path })).headers.vary).toBe('Origin')
})
