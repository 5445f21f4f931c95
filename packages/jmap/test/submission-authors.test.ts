import type { NewContent } from '@gatepost/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'

let jmap: JmapFixture
beforeAll(async () => {
  jmap = await JmapFixture.open()
})
afterAll(() => jmap[Symbol.asyncDispose]())

async function submit(header: string): Promise<string> {
  const emailId = await jmap.add(`${header}\nTo: a@example.org\nSubject: x\n\nbody`)
  const [identity] = (await jmap.call('Identity/get')).list
  const { created, notCreated } = await jmap.call('EmailSubmission/set', {
    create: { s: { emailId, identityId: identity?.id } },
  })
  if (created?.['s'] !== undefined) return 'sent'
  return (notCreated as Record<string, { type: string }>)['s']?.type ?? 'nothing'
}

describe('a lenient parser does not stand between From and the rule', () => {
  it.each([
    ['From: me@example.test', 'sent'],
    ['From: "boss@victim.example" <me@example.test>', 'sent'],
    ['From: boss@victim.example', 'forbiddenFrom'],
    ['From: me@example.test boss@victim.example', 'invalidEmail'],
    ['From: boss@victim.example <me@example.test>', 'invalidEmail'],
    ['From: me@example.test\nFrom: boss@victim.example', 'invalidEmail'],
    ['From: team: me@example.test;', 'invalidEmail'],
    ['From: me@example.test\nSender: boss@victim.example', 'forbiddenFrom'],
    ['Resent-From: me@example.test\nFrom: boss@victim.example', 'sent'],
    ['Resent-From: boss@victim.example\nFrom: me@example.test', 'forbiddenFrom'],
    ['Subject: nobody', 'invalidEmail'],
  ])('%j: %s', async (header, outcome) => {
    expect(await submit(header)).toBe(outcome)
  })
})

it('a message with NUL goes nowhere', async () => {
  expect(await submit('From: me@example.test\nX-Nul: a\0b')).toBe('invalidEmail')
  expect(await submit('From: me@example.test\n\na\0b')).toBe('invalidEmail')
})

it('addresses elsewhere keep their spelling, and each has the message once', async () => {
  jmap.submitted.length = 0
  const emailId = await jmap.add('From: me@example.test\nSubject: x\n\nbody')
  const [identity] = (await jmap.call('Identity/get')).list
  const written = [
    'confirm+abc@xn--bcher-kva.example',
    'Confirm+AbC@B\u00fccher.example',
    '"A b"@example.org',
    'a..b@under_score.example',
    `${'v'.repeat(200)}@example.org`,
  ]
  const { created } = await jmap.call('EmailSubmission/set', {
    create: {
      s: {
        emailId,
        identityId: identity?.id,
        envelope: {
          mailFrom: { email: 'Me+Token@Example.test' },
          rcptTo: written.map((email) => ({ email })),
        },
      },
    },
  })
  expect(created).toHaveProperty('s')
  const [message] = jmap.submitted
  expect(message?.reversePath).toBe('Me+Token@example.test')
  expect(message?.recipients.map(({ address }) => address)).toEqual([
    'Confirm+AbC@xn--bcher-kva.example',
    ...written.slice(2),
  ])
})

it('what only a server may write does not leave', async () => {
  jmap.submitted.length = 0
  await submit(
    [
      'From: me@example.test',
      'Bcc: secret@example.org',
      'Return-Path: <boss@victim.example>',
      'Delivered-To: boss@victim.example',
      'Authentication-Results: mail.example.test; dmarc=pass',
      'Authentication-Results: other.example; dmarc=pass',
      'Content-Length: 1',
    ].join('\n'),
  )
  const [message] = jmap.submitted
  const text = Buffer.from(inMemory(message?.content)).toString()
  expect(text.match(/Return-Path: .*/g)).toEqual(['Return-Path: <me@example.test>'])
  expect(text).not.toMatch(/Bcc|Delivered-To|mail\.example\.test; dmarc|Content-Length/)
  expect(text).toContain('Authentication-Results: other.example')
})

it('what leaves may move to another thread: a clone of 35 MB held the event loop for 30 ms', async () => {
  jmap.submitted.length = 0
  await submit('From: me@example.test')
  const [message] = jmap.submitted
  expect(message?.mayMoveContent).toBe(true)
  // In memory that nobody else has a part of.
  const content = inMemory(message?.content)
  expect(content.buffer.byteLength).toBe(content.byteLength)
})

function inMemory(content: NewContent | undefined): Uint8Array {
  if (content instanceof Uint8Array) return content
  throw new Error('no content in memory')
}
