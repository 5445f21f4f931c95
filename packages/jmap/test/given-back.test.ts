import { expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'
import { SocketClient } from './socket-client.ts'

/** What an account may hold of the memory for answers is used up by a dozen of these, if they keep what they held. */
const text = 'x'.repeat(150_000)
const times = 40

type Ways = Readonly<Record<string, (jmap: JmapFixture, blobId: string) => Promise<unknown>>>

async function overSocket(jmap: JmapFixture, args: object): Promise<unknown> {
  using client = await SocketClient.open(jmap)
  const heard: unknown[] = []
  for (let at = 0; at < times / 10; at += 1)
    heard.push((await client.ask('r', ['Core/echo', args, 'c']))['@type'])
  return heard
}

const download = async (jmap: JmapFixture, blobId: string): Promise<number> => {
  const { status } = await jmap.ask({ path: `/jmap/download/${jmap.accountId}/${blobId}/name` })
  return status
}

const ways: Ways = {
  'an API request that is answered': async (jmap) =>
    (await jmap.call('Core/echo', { text }))['text'],
  'an API request over its budget': async (jmap) =>
    jmap.calls(['Core/echo', { text }], ['Core/echo', { text: text.repeat(8) }]),
  'an API request that is none': async (jmap) => (await jmap.api({ text })).status,
  'a download': download,
  'a download of nothing': async (jmap) => download(jmap, 'none'),
  'a request over a WebSocket': async (jmap) => overSocket(jmap, { text }),
  'a WebSocket that breaks before it is answered': async (jmap) => {
    using client = await SocketClient.open(jmap)
    client.say({
      '@type': 'Request',
      id: 'r',
      using: [],
      methodCalls: [['Core/echo', { text }, 'c']],
    })
  },
}

it.each(Object.entries(ways))(
  '%s gives back what it held',
  async (_name, way) => {
    await using jmap = await JmapFixture.open({
      maxResponseBytes: 1_000_000,
      maxAnswerBytesInFlight: 4_000_000,
    })
    const blobId = await jmap.upload(text, 'a/b')
    jmap.turns.length = 0
    const once = await way(jmap, blobId)
    // Its last turn has ended: what it took is told.
    if (once !== undefined)
      await expect.poll(() => jmap.turns.length, { timeout: 60_000 }).toBeGreaterThan(0)
    for (let at = 1; at < times; at += 1) expect(await way(jmap, blobId)).toEqual(once)
    const last = { text: text.repeat(6) }
    await expect.poll(() => jmap.call('Core/echo', last), { timeout: 60_000 }).toMatchObject(last)
    expect(jmap.logged).toEqual([])
  },
  120_000,
)

it('a request of one turn ends it', async () => {
  await using jmap = await JmapFixture.open()
  await jmap.call('Core/echo')
  await expect.poll(() => jmap.turns.length, { timeout: 60_000 }).toBe(1)
})
