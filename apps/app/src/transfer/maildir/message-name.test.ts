import { expect, it } from 'vitest'

import { formatFlags, parseFlags } from './flags.ts'
import { baseName, compareMessageNames, exportedName, parseMessageName } from './message-name.ts'

it.each([
  ['1700000000.M1P2.host:2,FS', '1700000000.M1P2.host', 'FS'],
  ['1700000000.M1P2.host,S=12,W=14:2,Sab', '1700000000.M1P2.host,S=12,W=14', 'Sab'],
  ['1700000000.M1P2.host,U=7:2,S', '1700000000.M1P2.host,U=7', 'S'],
  ['1700000000.M1P2.host;2,RS', '1700000000.M1P2.host', 'RS'],
  ['1700000000.M1P2.host!2,T', '1700000000.M1P2.host', 'T'],
  ['1700000000.M1P2.host:2,', '1700000000.M1P2.host', ''],
  ['1700000000.M1P2.host:1,x', '1700000000.M1P2.host', ''],
  ['1700000000.M1P2.host:2,FS,other', '1700000000.M1P2.host', 'FS'],
  ['cur-file', 'cur-file', ''],
])('reads %j', (name, base, flags) => {
  expect(parseMessageName(name)).toEqual({ base, flags })
})

it('knows its own names again, whatever the flags', () => {
  const name = { uidValidity: 17, uid: 4, zoneMinutes: 0 }
  const base = baseName(name, { receivedAt: 1_234_567, size: 99 })
  expect(base).toBe('1234.V17U4.gatepost,S=99')
  expect(exportedName(base)).toEqual(name)
  expect(exportedName(baseName(name, { receivedAt: -5, size: 0 }))).toEqual(name)
  const zoned = { ...name, zoneMinutes: -210 }
  expect(baseName(zoned, { receivedAt: 0, size: 1 })).toBe('0.V17U4Z-0330.gatepost,S=1')
  expect(exportedName('0.V17U4Z-0330.gatepost,S=1')).toEqual(zoned)
  expect(exportedName('0.V17U4Z+9900.gatepost,S=1')).toEqual(name)
  expect(exportedName('1234.V17U4.elsewhere')).toBeUndefined()
})

it('sorts by UID, or else by the time of delivery', () => {
  const names = [
    '900.M1.host:2,S',
    '1700000000.M2.host',
    '1700000000.M1.host',
    '5.V3U10.gatepost,S=1:2,',
    '9.V3U9.gatepost,S=1:2,S',
    'nonsense',
  ]
  expect(names.toSorted(compareMessageNames)).toEqual([
    '9.V3U9.gatepost,S=1:2,S',
    '5.V3U10.gatepost,S=1:2,',
    'nonsense',
    '900.M1.host:2,S',
    '1700000000.M1.host',
    '1700000000.M2.host',
  ])
})

it('has a letter for each flag that Maildir knows', () => {
  const keywords = ['$answered', '$draft', '$flagged', '$forwarded', '$seen', 'work']
  expect(formatFlags({ keywords, isDeleted: true }, ['a'])).toBe('DFPRSTa')
  expect(parseFlags('DFPRSTabz', new Map([['a', 'work']]))).toEqual({ keywords, isDeleted: true })
  expect(parseFlags('', new Map())).toEqual({ keywords: [], isDeleted: false })
})
