import { expect, it } from 'vitest'

import { preparedBy } from './job-contents.ts'
import type { WriterJob } from './protocol.ts'

const delivery = (bytes: number): WriterJob => ({
  kind: 'deliver',
  delivery: { content: new Uint8Array(bytes), receivedAt: 1, local: [] },
})

it.each([
  [65_536, { isAlone: true, cores: 16 }, 'writer'],
  [65_536, { isAlone: false, cores: 2 }, 'writer'],
  [65_536, { isAlone: false, cores: 4 }, 'small'],
  [8_192, { isAlone: false, cores: 4 }, 'writer'],
  [65_537, { isAlone: true, cores: 2 }, 'small'],
  [262_144, { isAlone: true, cores: 2 }, 'small'],
  [262_145, { isAlone: true, cores: 2 }, 'large'],
] as const)('%i bytes under the load %j are read by: %s', (bytes, load, by) => {
  expect(preparedBy(delivery(bytes), load)).toBe(by)
})

it('content that is there already is read apart: it may be of any size', () => {
  const load = { isAlone: true, cores: 2 }
  const op = {
    op: 'addEmail',
    content: 'B1' as never,
    mailboxIds: [],
    keywords: [],
    receivedAt: 1,
  } as const
  expect(preparedBy({ kind: 'transact', account: 1, ops: [op] }, load)).toBe('large')
  expect(preparedBy({ kind: 'renewIndexes', blobs: [] }, load)).toBe('large')
  expect(preparedBy({ kind: 'transact', account: 1, ops: [] }, load)).toBe('writer')
})
