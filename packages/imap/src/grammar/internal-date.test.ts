import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

import { arbitraryArgument, isParsed } from '../../test/arbitrary-argument.ts'
import type { Argument } from './argument.ts'
import { formatDateTime, parseDate, parseDateTime } from './internal-date.ts'

const string = (text: string): Argument => ({ kind: 'string', text })
const atom = (text: string): Argument => ({ kind: 'atom', text })

describe('parseDateTime', () => {
  it.each([
    [' 1-Jan-2024 00:00:00 +0000', '2024-01-01T00:00:00Z'],
    ['17-Jul-1996 02:44:25 -0700', '1996-07-17T09:44:25Z'],
    ['01-feb-2024 00:00:00 +0530', '2024-01-31T18:30:00Z'],
    ['29-Feb-2024 23:59:60 +0000', '2024-03-01T00:00:00Z'],
    [' 1-Jan-0099 00:00:00 +0000', '0099-01-01T00:00:00Z'],
    ['31-Dec-9999 23:59:59 +0000', '9999-12-31T23:59:59Z'],
  ])('reads %j', (text, iso) => {
    expect(parseDateTime(string(text)).at).toBe(Date.parse(iso))
  })

  it.each([
    '1-Jan-2024 00:00:00 +0000',
    ' 1-Jan-2024 00:00:00',
    ' 1-Jan-2024 24:00:00 +0000',
    ' 1-Jan-2024 00:60:00 +0000',
    ' 1-Jan-2024 00:00:61 +0000',
    ' 1-Jan-2024 00:00:00 +2400',
    ' 1-Jan-2024 00:00:00 +0060',
    ' 0-Jan-2024 00:00:00 +0000',
    '30-Feb-2024 00:00:00 +0000',
    '29-Feb-2023 00:00:00 +0000',
    '31-Dec-9999 23:59:59 -0100',
    ' 1-Jan-0000 00:00:00 +0100',
    ' 1-Foo-2024 00:00:00 +0000',
    ' 1-Jan-24 00:00:00 +0000',
    ' 1-Jan-2024 00:00:00 +0000\n',
    '',
  ])('refuses %j', (text) => {
    expect(isParsed(() => parseDateTime(string(text)))).toBe(false)
  })

  it('keeps the zone, in minutes east of UTC', () => {
    const zones = ['+0000', '-0000', '+0530', '-0700', '-0030', '+2359']
    const read = zones.map((zone) => parseDateTime(string(` 1-Jan-2024 00:00:00 ${zone}`)))
    expect(read.map(({ zoneMinutes }) => zoneMinutes)).toEqual([0, 0, 330, -420, -30, 1439])
  })

  it('gives back every instant that was formatted, on the clock of its zone', () => {
    const seconds = fc.integer({
      min: Date.parse('0000-01-02T00:00:00Z') / 1000,
      max: Date.parse('9999-12-30T23:59:59Z') / 1000,
    })
    const zones = fc.integer({ min: -1439, max: 1439 })
    fc.assert(
      fc.property(seconds, fc.integer({ min: 0, max: 999 }), zones, (at, ms, zoneMinutes) => {
        const text = formatDateTime({ at: at * 1000 + ms, zoneMinutes })
        expect(text).toHaveLength(28)
        expect(parseDateTime(string(text.slice(1, -1)))).toEqual({ at: at * 1000, zoneMinutes })
      }),
    )
  })
})

describe('formatDateTime', () => {
  it('pads the day with a space, as the RFC has it', () => {
    expect(formatDateTime({ at: Date.parse('2024-01-01T02:03:04.999Z'), zoneMinutes: 0 })).toBe(
      '" 1-Jan-2024 02:03:04 +0000"',
    )
    expect(formatDateTime({ at: -1, zoneMinutes: 0 })).toBe('"31-Dec-1969 23:59:59 +0000"')
  })

  it('shows the nearest date it can', () => {
    expect(formatDateTime({ at: 8.64e15, zoneMinutes: 0 })).toBe('"31-Dec-9999 23:59:59 +0000"')
    expect(formatDateTime({ at: -8.64e15, zoneMinutes: 0 })).toBe('" 1-Jan-0000 00:00:00 +0000"')
  })
})

describe('parseDate', () => {
  it.each([
    [atom('1-Feb-1994'), '1994-02-01'],
    [string('01-FEB-1994'), '1994-02-01'],
    [atom('29-feb-2024'), '2024-02-29'],
  ])('reads %j', (argument, iso) => {
    expect(parseDate(argument)).toBe(Date.parse(`${iso}T00:00:00Z`))
  })

  it.each([
    '31-Feb-2024',
    '0-Jan-2024',
    '1-Jan-24',
    ' 1-Jan-2024',
    '1-January-2024',
    '1-Jan-2024 ',
  ])('refuses %j', (text) => {
    expect(isParsed(() => parseDate(string(text)))).toBe(false)
  })

  it('throws nothing but imap.syntax', () => {
    fc.assert(
      fc.property(arbitraryArgument, (argument) => {
        expect(isParsed(() => parseDate(argument))).toBeTypeOf('boolean')
        expect(isParsed(() => parseDateTime(argument))).toBeTypeOf('boolean')
      }),
    )
  })
})
