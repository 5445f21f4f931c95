import { describe, expect, it } from 'vitest'

import { cpuOf } from '../cpu-of.ts'
import { authorProblemText, findAuthorProblem, type AuthorRule } from './authors.ts'

const rule: AuthorRule = {
  areOwn: async (addresses) => addresses.every((one) => /^me\d*@example\.test$/i.test(one)),
  allowsUtf8: false,
}

function problem(header: string | Buffer, changes: Partial<AuthorRule> = {}): Promise<unknown> {
  const bytes = Buffer.concat([Buffer.from(header), Buffer.from('\r\n\r\nbody\r\n')])
  return findAuthorProblem(bytes, { ...rule, ...changes })
}

const many = (count: number): string =>
  Array.from({ length: count }, (_, at) => `me${at}@example.test`).join(',\r\n ')

describe('From', () => {
  it.each([
    'From: me@example.test',
    'FROM : "Me" <me@example.test>',
    'From: "boss@victim.example" <me@example.test>',
    'From: Me\r\n\t<me@example.test>',
    'From: me@example.test, me2@example.test\r\nSender: me3@example.test',
    `From: ${many(100)}\r\nSender: me@example.test`,
    'From: me@example.test\r\nSender: <me@example.test>',
  ])('may be %j', async (header) => {
    expect(await problem(header)).toBeUndefined()
  })

  it.each([
    ['Subject: x', 'missing', 'From'],
    ['From:', 'malformed', 'From'],
    ['From: boss@victim.example', 'foreign', 'From'],
    ['From: me@example.test, boss@victim.example\r\nSender: me@example.test', 'foreign', 'From'],
    ['From: me@example.test\r\nfrom: boss@victim.example', 'several', 'From'],
    ['From: me@example.test\r\nFrom: me@example.test', 'several', 'From'],
    ['From: me@example.test boss@victim.example', 'malformed', 'From'],
    ['From: boss@victim.example <me@example.test>', 'malformed', 'From'],
    ['From: <me@example.test> boss@victim.example', 'malformed', 'From'],
    ['From: me(boss@victim.example)@example.test', 'malformed', 'From'],
    ['From: Friends: me@example.test;', 'group', 'From'],
    ['From: Nobody:;', 'group', 'From'],
    [`From: ${many(101)}\r\nSender: me@example.test`, 'tooMany', 'From'],
    [`From: ${many(2000)}, boss@victim.example\r\nSender: me@example.test`, 'tooMany', 'From'],
    [`From: ${'a '.repeat(20_000)}<me@example.test>`, 'tooMany', 'From'],
    ['From: me@example.test, me2@example.test', 'missing', 'Sender'],
    ['From: me@example.test\r\nSender: boss@victim.example', 'foreign', 'Sender'],
    ['From: me@example.test\r\nSender: me@example.test, me2@example.test', 'several', 'Sender'],
    [
      'From: me@example.test\r\nSender: me@example.test\r\nSender: me@example.test',
      'several',
      'Sender',
    ],
    ['From: Grüße <me@example.test>', 'eightBit', 'From'],
  ])('may not be %.80j: %s %s', async (header, kind, field) => {
    expect(await problem(header)).toEqual({ kind, field })
  })

  it('may have UTF-8 where it was announced, and nothing that is none', async () => {
    expect(await problem('From: Grüße <me@example.test>', { allowsUtf8: true })).toBeUndefined()
    const latin = Buffer.from('From: Gr\xfc\xdfe <me@example.test>', 'latin1')
    expect(await problem(latin, { allowsUtf8: true })).toEqual({ kind: 'eightBit', field: 'From' })
  })
})

describe('the header', () => {
  it.each([
    ['a NUL in a name', 'From: "M\0e" <me@example.test>'],
    ['a NUL elsewhere', 'From: me@example.test\r\nX: \0'],
    ['a bare CR', 'X: a\rFrom: boss@victim.example\r\nFrom: me@example.test'],
    ['an empty line with two CR', 'From: me@example.test\r\n\r\r\nFrom: boss@victim.example'],
    ['a line that is no field', 'From: me@example.test\r\nno field\r\nX: y'],
    ['a folded line to begin with', ' folded\r\nFrom: me@example.test'],
  ])('may not have %s', async (_name, header) => {
    expect(await problem(header)).toEqual({ kind: 'brokenHeader' })
  })

  it('has a From within its bounds: none hides behind the 20,000th field', async () => {
    const behind = `From: me@example.test\r\n${'X: y\r\n'.repeat(20_000)}From: boss@victim.example`
    expect(await problem(behind)).toEqual({ kind: 'headerTooLarge' })
    const large = `From: me@example.test\r\nX: ${`${'y'.repeat(70)}\r\n `.repeat(8000)}`
    expect(await problem(large)).toEqual({ kind: 'headerTooLarge' })
  })

  it('is read up to its bounds, however long it is', async () => {
    const [small, huge] = [Buffer.alloc(600_000, ' \r\n'), Buffer.alloc(36_000_000, ' \r\n')]
    for (const bytes of [small, huge])
      expect(await findAuthorProblem(bytes, rule)).toEqual({ kind: 'headerTooLarge' })
    // Whoever reads it all takes sixty times as long.
    const ofSmall = cpuOf(() => findAuthorProblem(small, rule))
    expect(cpuOf(() => findAuthorProblem(huge, rule))).toBeLessThan(15 * ofSmall)
  })

  it('may be all there is', async () => {
    expect(await findAuthorProblem(Buffer.from('From: me@example.test\r\n'), rule)).toBeUndefined()
    expect(await findAuthorProblem(Buffer.alloc(0), rule)).toEqual({
      kind: 'missing',
      field: 'From',
    })
  })
})

describe('a message that is sent on', () => {
  const original = 'From: boss@victim.example (Boss)\r\nSender: other@victim.example\r\nSubject: x'
  // As mutt writes it when it bounces a message, and Thunderbird's redirect.
  const mutt =
    'Resent-From: Me <me@example.test>\r\nResent-Date: Mon, 2 Jan 2026 03:04:05 +0000\r\nResent-Message-ID: <a@b>\r\nResent-To: you@example.net\r\n'

  it('goes under the Resent-From, whoever wrote it', async () => {
    expect(await problem(mutt + original)).toBeUndefined()
    const sender = 'Resent-Sender: me@example.test\r\n'
    expect(await problem(sender + mutt + original)).toBeUndefined()
  })

  it('goes under the newest block alone', async () => {
    const older = mutt.replaceAll('me@example.test', 'boss@victim.example')
    expect(await problem(mutt + older + original)).toBeUndefined()
    expect(await problem(`${mutt}Received: x\r\n${older}${original}`)).toBeUndefined()
    expect(await problem(older + mutt + original)).toEqual({
      kind: 'foreign',
      field: 'Resent-From',
    })
  })

  it.each([
    ['Resent-From: boss@victim.example\r\n', 'foreign', 'Resent-From'],
    ['Resent-To: you@example.net\r\n', 'missing', 'Resent-From'],
    ['Resent-From: me@example.test, boss@victim.example\r\n', 'foreign', 'Resent-From'],
    ['Resent-From: me@example.test, me2@example.test\r\n', 'missing', 'Resent-Sender'],
    [
      'Resent-From: me@example.test\r\nResent-Sender: boss@victim.example\r\n',
      'foreign',
      'Resent-Sender',
    ],
    ['Resent-From: Friends: me@example.test;\r\n', 'group', 'Resent-From'],
  ])('not as %j', async (header, kind, field) => {
    expect(await problem(header + original)).toEqual({ kind, field })
  })

  it('still has one From', async () => {
    expect(await problem(`${mutt}Subject: x`)).toEqual({ kind: 'missing', field: 'From' })
    expect(await problem(`${mutt}${original}\r\nFrom: me@example.test`)).toEqual({
      kind: 'several',
      field: 'From',
    })
  })
})

it('says what is wrong', () => {
  expect(authorProblemText({ kind: 'several', field: 'Sender' })).toBe(
    'Sender header is there more than once, or names more than one mailbox',
  )
  expect(authorProblemText({ kind: 'headerTooLarge' })).toBe(
    'The header is larger than 524288 bytes or 5000 fields',
  )
})
