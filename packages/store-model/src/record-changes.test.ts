import { expect, it } from 'vitest'

import { recordChanges, type RecordEvent } from './record-changes.ts'

const letters = { c: 'created', u: 'updated', d: 'destroyed' } as const

/** `ca db`: a was created, then b destroyed. */
function eventsOf(text: string): RecordEvent[] {
  return text
    .split(' ')
    .map(([what, id = ''], at) => ({ at: at + 1, id, what: letters[what as keyof typeof letters] }))
}

it.each([
  ['ca ub dc', { created: ['a'], updated: ['b'], destroyed: ['c'] }],
  // Made and gone again, both in the page: nobody has to know.
  ['ca da', {}],
  ['da ca', { updated: ['a'] }],
  ['da ca da', { destroyed: ['a'] }],
  ['ca da ca', { created: ['a'] }],
  ['da cb ca', { created: ['b'], updated: ['a'] }],
])('%s comes to %j', (text, lists) => {
  const changes = recordChanges(eventsOf(text), 100, 9 as never)
  expect(changes).toEqual({
    created: [],
    updated: [],
    destroyed: [],
    ...lists,
    newState: 9,
    hasMore: false,
  })
})

it('a page ends with its last event, and what comes behind is not told', () => {
  const page = recordChanges(eventsOf('da cb ca'), 2, 9 as never)
  expect(page).toMatchObject({ created: ['b'], destroyed: ['a'], newState: 2, hasMore: true })
})
