import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { openSpool, type Spool } from '@gatepost/spool'
import { beginData, type LineClient } from '@gatepost/testkit'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'

import { SmtpFixture } from './smtp-fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'gatepost-large-'))
afterAll(() => rmSync(folder, { recursive: true }))
let spool: Spool
beforeAll(async () => {
  spool = await openSpool({ folder, maxBytes: 100_000_000, maxMessageBytes: 10_000_000 })
})
let smtp: SmtpFixture
afterEach(async () => {
  await smtp[Symbol.asyncDispose]()
  if (readdirSync(folder).length > 0 || spool.usedBytes > 0) throw new Error('a file is left')
})

const header = 'From: me@example.test\r\nSubject: large\r\n\r\n'
const body = `${'x'.repeat(70)}\r\n`.repeat(40_000)

async function inData(client: LineClient): Promise<LineClient> {
  expect(await beginData(client, 'me@example.test')).toMatch(/^354 /)
  return client
}

it('a large message is delivered byte for byte, with what the server writes before it', async () => {
  smtp = await SmtpFixture.open({}, {}, 0, spool)
  let files: readonly string[] = []
  smtp.answer = async () => {
    files = readdirSync(folder)
    return { kind: 'accepted', queueId: null }
  }
  const client = await inData(await smtp.session('mx'))
  expect(await client.ask(`${header}${body}.`)).toMatch(/^250 /)
  expect(files).toHaveLength(1)
  // Before the answer, not some time after it.
  expect(readdirSync(folder)).toEqual([])
  const text = Buffer.from(smtp.received[0]?.content ?? []).toString()
  expect(text).toMatch(/^Return-Path: <me@example\.test>\r\nReceived: from /)
  expect(text.endsWith(`\r\n${header}${body}`)).toBe(true)
})

it('a large submission gets what it lacks, and is refused for a NUL at its end', async () => {
  smtp = await SmtpFixture.open({}, {}, 0, spool)
  const client = await inData(await smtp.user())
  expect(await client.ask(`${header}${body}.`)).toMatch(/^250 /)
  const text = Buffer.from(smtp.submitted[0]?.content ?? []).toString()
  expect(text).toMatch(/\r\nMessage-ID: <.*>\r\n/)
  expect(text.endsWith(body)).toBe(true)
  await inData(client)
  expect(await client.ask(`${header}${body}\0\r\n.`)).toMatch(/^554 5\.6\.0 /)
})

it('a message that is smuggled in the end of a large one is seen', async () => {
  smtp = await SmtpFixture.open({}, {}, 0, spool)
  const client = await inData(await smtp.session('mx'))
  const smuggled = '\n.\nMAIL FROM:<evil@example.org>\nRCPT TO:<me@example.test>\nDATA\n'
  client.send(`${header}${body}${smuggled}x\r\n`)
  expect(await client.ask('.')).toMatch(/^550 5\.6\.11 /)
  expect(smtp.security.of('protocolAbuse')).toMatchObject([
    { event: { kind: 'smuggling_attempt' } },
  ])
})

it('what the store refuses is refused, and the session goes on', async () => {
  smtp = await SmtpFixture.open({}, {}, 0, spool)
  smtp.answer = async () => ({ kind: 'refused', reason: 'overQuota', address: 'me@example.test' })
  const client = await inData(await smtp.session('mx'))
  expect(await client.ask(`${header}${body}.`)).toMatch(/^452 4\.2\.2 /)
  expect(await client.ask('NOOP')).toMatch(/^250 /)
})
