import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'

let jmap: JmapFixture
let ids: string[]
beforeAll(async () => {
  jmap = await JmapFixture.open()
  ids = [
    await jmap.add('Subject: apple\nFrom: Ann <a@x.test>\nMessage-ID: <1@x>\n\nred', {
      at: 1000,
    }),
    await jmap.add('Subject: pear\nFrom: bob@x.test\nX-Kind: fruit\n\ngreen', {
      at: 2000,
      keywords: ['$flagged'],
    }),
    await jmap.add(`Subject: Re: apple\nReferences: <1@x>\n\n${'long '.repeat(100)}`, {
      at: 3000,
      mailbox: jmap.boxes['trash'] ?? '',
    }),
  ]
})
afterAll(() => jmap[Symbol.asyncDispose]())

describe('Email/query', () => {
  it.each([
    ['nothing', null, [2, 1, 0]],
    ['a mailbox', { inMailbox: 'INBOX' }, [1, 0]],
    ['all but a mailbox', { inMailboxOtherThan: ['INBOX'] }, [2]],
    ['time', { after: '1970-01-01T00:00:02Z' }, [2, 1]],
    ['time before', { before: '1970-01-01T00:00:02Z' }, [0]],
    ['size', { minSize: 200 }, [2]],
    ['a keyword', { hasKeyword: '$Flagged' }, [1]],
    ['no keyword', { notKeyword: '$flagged' }, [2, 0]],
    ['text', { text: 'GREEN' }, [1]],
    ['subject', { subject: 'apple' }, [2, 0]],
    ['sender', { from: 'ann' }, [0]],
    ['header', { header: ['X-Kind', 'fru'] }, [1]],
    ['presence of a header', { header: ['References'] }, [2]],
    ['no attachment', { hasAttachment: false }, [2, 1, 0]],
    ['two at once', { subject: 'apple', minSize: 200 }, [2]],
    ['none of', { operator: 'NOT', conditions: [{ subject: 'pear' }, { minSize: 200 }] }, [0]],
    ['either', { operator: 'OR', conditions: [{ subject: 'pear' }, { minSize: 200 }] }, [2, 1]],
  ])('filters by %s', async (_name, filter, expected) => {
    const inbox = jmap.boxes['inbox'] ?? ''
    const written = JSON.parse(JSON.stringify(filter).replaceAll('INBOX', inbox)) as object
    const answer = await jmap.call('Email/query', { filter: written })
    expect(answer.ids).toEqual(expected.map((index) => ids[index]))
  })

  it('sorts, windows, anchors and collapses threads', async () => {
    const [apple, pear, reply] = ids
    const sorted = await jmap.call('Email/query', {
      sort: [{ property: 'subject', isAscending: true }, { property: 'receivedAt' }],
      calculateTotal: true,
      limit: 2,
    })
    expect(sorted).toMatchObject({ ids: [apple, reply], total: 3, position: 0 })
    const flagged = await jmap.call('Email/query', {
      sort: [{ property: 'hasKeyword', keyword: '$flagged', isAscending: false }],
      limit: 1,
    })
    expect(flagged.ids).toEqual([pear])
    // As jmapc writes every comparator.
    const more = { collation: null, anchor: null, anchorOffset: 0, position: 0 }
    const lenient = await jmap.call('Email/query', {
      sort: [{ property: 'receivedAt', isAscending: true, ...more }],
    })
    expect(lenient.ids).toEqual([apple, pear, reply])
    const anchored = await jmap.call('Email/query', { anchor: pear, anchorOffset: -1, limit: 2 })
    expect(anchored).toMatchObject({ ids: [reply, pear], position: 0 })
    expect((await jmap.call('Email/query', { position: -1 })).ids).toEqual([apple])
    const threads = await jmap.call('Email/query', { collapseThreads: true })
    expect(threads.ids).toEqual([reply, pear])
    expect(await jmap.call('Email/query', { anchor: 'nope' })).toMatchObject({
      error: 'anchorNotFound',
    })
  })

  it.each([
    ['unsupportedFilter', { filter: { color: 'red' } }],
    ['unsupportedFilter', { filter: JSON.parse('{"__proto__": "x"}') as object }],
    ['invalidArguments', { filter: { before: 'yesterday' } }],
    ['invalidArguments', { filter: { operator: 'XOR', conditions: [] } }],
    ['invalidArguments', { filter: [] }],
    ['unsupportedSort', { sort: [{ property: 'color' }] }],
    ['unsupportedSort', { sort: [{ property: 'subject', collation: 'i;octet' }] }],
    ['invalidArguments', { sort: [{ property: 'hasKeyword' }] }],
    ['unsupportedFilter', { filter: nested(11) }],
    [
      'unsupportedFilter',
      { filter: { operator: 'OR', conditions: Array.from({ length: 101 }, () => ({})) } },
    ],
  ])('answers %s', async (error, args) => {
    expect(await jmap.call('Email/query', args)).toMatchObject({ error })
  })

  it('cannot tell the changes of a query', async () => {
    expect(await jmap.call('Email/queryChanges', { sinceQueryState: '1' })).toMatchObject({
      error: 'cannotCalculateChanges',
    })
  })
})

function nested(depth: number): object {
  return depth === 0 ? {} : { operator: 'AND', conditions: [nested(depth - 1)] }
}
