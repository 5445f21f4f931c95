import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { afterEach, beforeEach, expect, it } from 'vitest'

import { openMmdb, PlaceFinder } from '../src/index.ts'
import { FilterFixture, ip } from './filter-fixture.ts'
import { mmdbFile } from './mmdb-writer.ts'

let fixture: FilterFixture

beforeEach(async () => {
  fixture = await FilterFixture.open()
})
afterEach(() => fixture[Symbol.asyncDispose]())

function write(name: string, bytes: Buffer): string {
  const path = join(fixture.folder, name)
  writeFileSync(path, bytes)
  return path
}
async function places(): Promise<PlaceFinder> {
  const countries = write(
    'countries.mmdb',
    mmdbFile({ '192.0.2.0/24': { country: { iso_code: 'DE' } } }),
  )
  const systems = write(
    'systems.mmdb',
    mmdbFile({
      '192.0.2.0/25': { autonomous_system_number: 64_500 },
      '198.51.100.0/24': { autonomous_system_number: 64_501 },
    }),
  )
  return new PlaceFinder([await openMmdb(countries), await openMmdb(systems)])
}

it('decisions on a country and on a system concern the addresses there', async () => {
  const { lapi } = fixture
  lapi.add({ scope: 'Country', value: 'de', type: 'captcha' })
  lapi.add({ scope: 'AS', value: 'AS64500' })
  const filter = await fixture.started({ places: await places() })
  expect(filter.check(ip('192.0.2.1'))).toMatchObject({
    kind: 'ban',
    decision: { scope: 'as', value: '64500' },
  })
  expect(filter.check(ip('192.0.2.200'))).toMatchObject({
    kind: 'captcha',
    decision: { scope: 'country', value: 'DE' },
  })
  expect(filter.check(ip('198.51.100.1')).kind).toBe('allow')
  expect(filter.check(ip('2001:db8::1')).kind).toBe('allow')
  expect(filter.decisions(ip('192.0.2.1')).map(({ id }) => id)).toEqual([1, 2])
  lapi.delete(1)
  await lapi.until(() => filter.check(ip('192.0.2.200')).kind === 'allow')
})

it('without a file, they concern nobody', async () => {
  fixture.lapi.add({ scope: 'Country', value: 'DE' })
  const filter = await fixture.started()
  expect(filter.check(ip('192.0.2.1')).kind).toBe('allow')
  expect(filter.decisions()).toHaveLength(1)
})

it('a file is only asked when there is a decision of that kind, and once for an address', async () => {
  const asked: string[] = []
  const source = {
    find: (address: string) => {
      asked.push(address)
      return { country: 'de', asNumber: undefined }
    },
  }
  const filter = await fixture.started({ places: new PlaceFinder([source]) })
  filter.check(ip('192.0.2.1'))
  expect(asked).toEqual([])
  fixture.lapi.add({ scope: 'Country', value: 'DE' })
  await fixture.lapi.until(() => filter.check(ip('192.0.2.1')).kind === 'ban')
  filter.check(ip('192.0.2.1'))
  expect(asked).toEqual(['192.0.2.1'])
})

it('a file that fails for an address tells nothing of it', () => {
  const broken = {
    find: () => {
      throw new Error('broken record')
    },
  }
  const good = { find: () => ({ country: undefined, asNumber: 64_500 }) }
  expect(new PlaceFinder([broken, good]).namesOf(ip('192.0.2.1'))).toEqual([
    { scope: 'as', name: '64500' },
  ])
})

it.each([
  ['that is none', Buffer.from('hello')],
  ['that is empty', Buffer.alloc(0)],
  [
    'that is cut short',
    mmdbFile({ '192.0.2.0/24': { country: { iso_code: 'DE' } } }).subarray(0, 500),
  ],
])('a file %s is an error', async (_name, bytes) => {
  await expect(openMmdb(write('bad.mmdb', bytes))).rejects.toThrow('it is no file in mmdb format')
})

it('a file that is not there is an error', async () => {
  await expect(openMmdb(join(fixture.folder, 'none.mmdb'))).rejects.toThrow('ENOENT')
})
