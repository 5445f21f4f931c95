import type { AccountId, Right } from '@gatepost/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'
import { SocketClient } from './socket-client.ts'

const [me, you] = ['me@example.test', 'you@example.test']
const echo: [string, object, string] = ['Core/echo', {}, 'c']

let jmap: JmapFixture
beforeEach(async () => {
  jmap = await JmapFixture.open()
  await share(['lookup', 'read'])
})
afterEach(() => jmap[Symbol.asyncDispose]())

async function share(rights: Iterable<Right>): Promise<void> {
  await jmap.store.directory.setAccess({ account: you, principal: me, rights: new Set(rights) })
}

async function deliverTo(accountId: AccountId): Promise<void> {
  await jmap.store.mail.deliver({
    content: Buffer.from('Subject: news\r\n\r\n'),
    receivedAt: 1,
    local: [{ accountId, role: 'inbox', keywords: [] }],
  })
}

const types = ['Mailbox', 'Email', 'Thread', 'EmailDelivery']
function changed(account: AccountId): object {
  return {
    '@type': 'StateChange',
    changed: { [account]: Object.fromEntries(types.map((type) => [type, expect.any(String)])) },
  }
}
const enable = (pushState?: unknown): object => ({
  '@type': 'WebSocketPushEnable',
  dataTypes: null,
  ...(pushState === undefined ? {} : { pushState }),
})

describe('push of an account that is shared', () => {
  it('comes over a WebSocket, with the state to go on from', async () => {
    using client = await SocketClient.open(jmap)
    client.say(enable())
    await client.ask('R', echo)
    await deliverTo(jmap.otherId)
    const first = await client.hear()
    expect(first).toMatchObject(changed(jmap.otherId))
    await deliverTo(jmap.accountId)
    const second = await client.hear()
    expect(second).toMatchObject(changed(jmap.accountId))
    using later = await SocketClient.open(jmap)
    later.say(enable(second['pushState']))
    expect(await later.ask('nothing new', echo)).toMatchObject({ requestId: 'nothing new' })
    using earlier = await SocketClient.open(jmap)
    earlier.say(enable(first['pushState']))
    expect(await earlier.hear()).toMatchObject(changed(jmap.accountId))
  })

  it('tells all of each to a client that knows nothing', async () => {
    using client = await SocketClient.open(jmap)
    client.say(enable('aaa'))
    const heard = [await client.hear(), await client.hear()]
    expect(heard.flatMap((news) => Object.keys(news['changed'] as object)).toSorted()).toEqual(
      [jmap.accountId, jmap.otherId].toSorted(),
    )
  })

  it('comes over an event source, for as long as the account is there', async () => {
    const stream = await jmap.open({
      path: '/jmap/eventsource/?types=*&closeafter=no&ping=0',
    })
    let text = ''
    const hears = (account: AccountId): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!text.includes(`"changed":{"${account}"`)) return
          text = ''
          stream.off('data', look)
          resolve()
        }
        stream.on('data', look)
        look()
      })
    stream.on('data', (bytes: Buffer) => {
      text += bytes.toString()
    })
    await deliverTo(jmap.otherId)
    await hears(jmap.otherId)
    await jmap.store.directory.deleteAccount(you)
    await deliverTo(jmap.accountId)
    await expect(hears(jmap.accountId)).resolves.toBeUndefined()
    stream.destroy()
  })
})
