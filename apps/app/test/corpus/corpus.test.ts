import { ImapClient } from '@gatepost/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { connectImap } from '../mail/support/imap-connection.ts'
import { JmapClient } from '../mail/support/jmap-client.ts'
import { password, TestServer } from '../support/test-server.ts'
import type { CorpusMessage } from './corpus-message.ts'
import { corpus } from './corpus.ts'
import {
  asInEnvelope,
  closeMessages,
  openOverJmap,
  readOverImap,
  readOverJmap,
  searchOverImap,
  searchOverJmap,
} from './read-back.ts'
import { type Way, ways } from './ways.ts'

let server: TestServer

beforeAll(async () => {
  const accounts = ways.map(({ name }) => `${name}@example.test`)
  server = await TestServer.start({ accounts })
  await Promise.all(
    ways.map(({ name, bring }) => bring(server, `${name}@example.test`, messagesFor(name))),
  )
})
afterAll(() => server[Symbol.asyncDispose]())

function messagesFor(way: Way['name']): readonly CorpusMessage[] {
  return corpus.filter(({ isRefusedBySmtp }) => way !== 'smtp' || !isRefusedBySmtp)
}

function byName<Value>(
  messages: readonly CorpusMessage[],
  of: (message: CorpusMessage) => Value,
): Readonly<Record<string, Value>> {
  return Object.fromEntries(messages.map((message) => [message.name, of(message)]))
}

/** Per word the names of the messages that list it. */
function listedWords(
  messages: readonly CorpusMessage[],
  wordsOf: (message: CorpusMessage) => readonly string[],
): Readonly<Record<string, string[]>> {
  const words = Object.groupBy(
    messages.flatMap((message) => wordsOf(message).map((word) => ({ name: message.name, word }))),
    ({ word }) => word,
  )
  return Object.fromEntries(
    Object.entries(words).map(([word, found]) => [
      word,
      (found ?? []).map(({ name }) => name).toSorted(),
    ]),
  )
}

it('has at least two hundred messages, and each its own name', () => {
  expect(corpus.length).toBeGreaterThanOrEqual(200)
  expect(new Set(corpus.map(({ name }) => name)).size).toBe(corpus.length)
})

describe.each(ways)('the corpus by $name', ({ name: way, strip = (stored) => stored }) => {
  const user = `${way}@example.test`
  const messages = messagesFor(way)

  it('is read over IMAP, byte for byte, and found', async () => {
    await using flow = await connectImap(server.port('imaps'), { auth: { user, pass: password } })
    await flow.mailboxOpen('INBOX')
    const read = await readOverImap(flow, messages)
    expect(byName(messages, ({ name }) => strip(read.contents[name] ?? ''))).toEqual(
      byName(messages, ({ content }) => content.toString('latin1').replaceAll('\u0000', '\u0080')),
    )
    expect(read.messages).toEqual(
      byName(messages, ({ subject, from, to, structure }) => ({
        subject: subject === '' ? null : subject,
        from: from.map(asInEnvelope),
        to: to.map(asInEnvelope),
        structure,
      })),
    )
    const words = listedWords(messages, (one) => [...one.words, ...one.headerWords])
    const found = await searchOverImap(flow, Object.keys(words), read.namesOfUids)
    expect(found).toEqual(words)
  })

  it('is read over JMAP, and found', async () => {
    await using flow = await connectImap(server.port('imaps'), { auth: { user, pass: password } })
    await flow.mailboxOpen('INBOX')
    const { emailIds } = await readOverImap(flow, messages)
    const jmap = await JmapClient.open(server.port('http'), user)
    expect(await readOverJmap(jmap, emailIds)).toEqual(
      byName(messages, ({ subject, from, lastTo, structure, text, attachments }) => ({
        subject,
        from,
        to: lastTo,
        structure: closeMessages(structure),
        text,
        attachments,
      })),
    )
    const words = listedWords(messages, (one) => one.words)
    expect(await searchOverJmap(jmap, Object.keys(words), emailIds)).toEqual(words)
  })

  it('has the messages inside opened over JMAP', async () => {
    await using flow = await connectImap(server.port('imaps'), { auth: { user, pass: password } })
    await flow.mailboxOpen('INBOX')
    const { emailIds } = await readOverImap(flow, messages)
    const jmap = await JmapClient.open(server.port('http'), user)
    expect(await openOverJmap(jmap, emailIds)).toEqual(byName(messages, ({ opened }) => opened))
  })

  it('has the ENVELOPE that is due on the wire', async () => {
    using client = new ImapClient({ port: server.port('imaps'), isImplicitTls: true })
    await client.response()
    await client.ok(`LOGIN ${user} "${password}"`)
    await client.ok('SELECT INBOX')
    const { untagged } = await client.ok('FETCH 1:* ENVELOPE')
    const due = messages.flatMap(({ name, envelope }, at) =>
      envelope === null ? [] : [{ name, envelope, line: untagged[at] }],
    )
    for (const { name, envelope, line } of due) expect(line, name).toContain(envelope)
  })
})
