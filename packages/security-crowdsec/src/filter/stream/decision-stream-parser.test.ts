import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { DecisionBatch } from './decision-batch.ts'
import { DecisionStreamParser } from './decision-stream-parser.ts'
import { decisionIdOf, readDecision } from './lapi-decision.ts'

const ban = {
  duration: '3h59m57s',
  id: 1,
  origin: 'cscli',
  scenario: 'by hand',
  scope: 'Ip',
  type: 'ban',
  value: '192.0.2.1',
}

function parse(text: string, pieceLength = 7): DecisionBatch {
  const bytes = Buffer.from(text)
  const parser = new DecisionStreamParser()
  for (let at = 0; at < bytes.length; at += pieceLength)
    parser.push(bytes.subarray(at, at + pieceLength))
  return parser.finish()
}
function rowsOf(batch: DecisionBatch): unknown[] {
  return Array.from({ length: batch.size }, (_, row) => [
    batch.ids[row],
    batch.kinds[row],
    Math.round((batch.remainingMs[row] ?? 0) * 1e3),
    batch.codes[row],
    [...batch.words.subarray(4 * row, 4 * row + 4)],
    batch.names.get(row),
  ])
}
/** What JSON.parse and the reading of each object make of it. */
function expected(answer: { new: readonly unknown[] | null; deleted: readonly unknown[] | null }): {
  readonly rows: unknown[]
  readonly deleted: number[]
} {
  const read = (answer.new ?? []).map(readDecision).filter((item) => item !== undefined)
  const ids = (answer.deleted ?? []).map(decisionIdOf).filter((id) => id !== undefined)
  return { rows: rowsOf(DecisionBatch.of(...read)), deleted: ids }
}

describe('an answer of the stream', () => {
  it.each([
    ['of release 1.4.6', '{"deleted":null,"new":null}', 0],
    ['of release 1.7', '{"new": [], "deleted": []}', 0],
    ['with other keys', '{"a":{"b":["]",{}]},"new":[],"c":"\\"]","d":1.5e3,"deleted":[]}', 0],
    [
      'with lines',
      ` {\n"new" : [ ${JSON.stringify(ban)} ,\t${JSON.stringify({ ...ban, id: 2 })}\r\n] } \n`,
      2,
    ],
    ['with one list', '{"new":[]}', 0],
  ])('%s is read', (_name, text, size) => {
    expect(parse(text).size).toBe(size)
    expect(parse(text, 1).size).toBe(size)
    expect(parse(text, 1000).size).toBe(size)
  })

  it.each([
    ['', 'cut short'],
    ['<html>', 'no JSON'],
    ['{"new":{},"deleted":[]}', 'no list'],
    ['{"new":1}', 'no list'],
    ['{}', 'no list'],
    ['{"message":"x"}', 'no list'],
    ['[]', 'no JSON'],
    ['null', 'no JSON'],
    ['{"new":[', 'cut short'],
    ['{"new":[]', 'cut short'],
    ['{"new":[],"deleted":[]', 'cut short'],
    ['{"new":[{"id":1', 'cut short'],
    ['{"new":[{"id":1}', 'cut short'],
    ['{"new":[{"id":1} {"id":2}]}', 'no JSON'],
    ['{"new":[{"id":}]}', 'JSON'],
    ['{"new":[]}{"new":[]}', 'after its end'],
    ['{"new":[]]', 'no JSON'],
    ['{new:[]}', 'no JSON'],
    ['{"new" []}', 'no JSON'],
    [`{"new":["${'x'.repeat(70_000)}`, 'too long'],
  ])('%j is refused', (text, reason) => {
    expect(() => parse(text, 10_000)).toThrow(reason)
    expect(() => parse(text, 10_000)).toThrow(SyntaxError)
  })

  it.each([
    ['another scope', { scope: 'Session', value: 'x' }],
    ['a custom scope in another case', { scope: 'UserAgent', value: 'x' }],
    ['a value that is no address', { value: 'example.test' }],
    ['a leading zero', { value: '192.0.02.1' }],
    ['an octet too large', { value: '192.0.2.256' }],
    ['a prefix too long', { value: '192.0.2.0/33' }],
    ['no prefix after the slash', { value: '192.0.2.0/' }],
    ['an end that is none', { duration: 'forever' }],
    ['an end without unit', { duration: '12' }],
    ['no end', { duration: '' }],
    ['no id', { id: '1' }],
    ['no type', { type: null }],
    ['a country that is none', { scope: 'Country', value: 'Germany' }],
    ['nobody', { scope: 'username', value: ' ' }],
  ])('%s is passed over and counted, but on the list', (_name, more) => {
    const batch = parse(
      JSON.stringify({ new: [{ ...ban, ...more }, ban, null, []], deleted: [null, {}] }),
    )
    expect([batch.size, batch.unreadable, batch.deleted]).toEqual([1, 3, []])
    expect(batch.unreadableIds).toEqual('id' in more ? [] : [1])
  })

  it('reads what JSON.parse reads, however it is cut', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('}', ']', '"', '\\', '{"'),
    )
    const digits = fc.nat(300)
    const value = fc.oneof(
      fc.ipV4(),
      fc.ipV4Extended(),
      fc.ipV6(),
      fc.tuple(fc.ipV4(), fc.nat(40)).map(([ip, prefix]) => `${ip}/${prefix}`),
      fc.tuple(fc.ipV6(), fc.nat(140)).map(([ip, prefix]) => `${ip}/${prefix}`),
      fc.tuple(digits, digits, digits, digits).map((parts) => parts.join('.')),
      fc.constantFrom(
        'DE',
        'AS64500',
        'Me@Example.test',
        '192.0.2.1 ',
        '01.2.3.4',
        '1.2.3',
        '1.2.3.4.5',
      ),
      text,
    )
    const duration = fc.oneof(
      fc.tuple(digits, digits, digits).map(([h, m, s]) => `${h}h${m}m${s}s`),
      fc.constantFrom(
        '0s',
        '-1s',
        '-237.666464ms',
        '3h47m26.233988325s',
        '12µs',
        '5ms',
        '1m5',
        'h',
        '1h1h',
        '',
        '99999999999s',
      ),
    )
    const item = fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record(
          {
            duration,
            id: fc.oneof(fc.nat(), fc.maxSafeNat(), fc.double(), fc.integer()),
            origin: fc.oneof(fc.constantFrom('CAPI', 'lists', 'crowdsec'), text),
            scenario: text,
            scope: fc.constantFrom(
              'Ip',
              'ip',
              'Range',
              'Country',
              'AS',
              'username',
              'Username',
              'x',
            ),
            type: fc.oneof(fc.constantFrom('ban', 'Ban', 'captcha'), text),
            value,
            uuid: fc.uuid(),
            simulated: fc.boolean(),
          },
          { requiredKeys: ['id', 'scope', 'type', 'value', 'duration'] },
        ),
      },
      fc.jsonValue(),
    )
    const list = fc.option(fc.array(item, { maxLength: 6 }))
    fc.assert(
      fc.property(
        fc.record({ new: list, deleted: list }),
        fc.integer({ min: 1, max: 60 }),
        (answer, length) => {
          const body = JSON.stringify(answer)
          const batch = parse(body, length)
          expect({ rows: rowsOf(batch), deleted: batch.deleted }).toEqual(
            expected(JSON.parse(body) as typeof answer),
          )
        },
      ),
      { numRuns: 500 },
    )
  })

  it('never answers a part of what it was given', () => {
    const text = JSON.stringify({ new: [ban, { ...ban, id: 2 }], deleted: [ban] })
    for (let length = 0; length < text.length; length += 1)
      expect(() => parse(text.slice(0, length), 10)).toThrow(SyntaxError)
  })

  it('counts a list as its own: `lists` is its origin with every list', () => {
    const batch = parse(JSON.stringify({ new: [{ ...ban, origin: 'lists', scenario: 'firehol' }] }))
    expect(batch.kinds[0]?.origin).toBe('lists:firehol')
  })
})
