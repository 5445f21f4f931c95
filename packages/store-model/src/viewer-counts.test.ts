import fc from 'fast-check'
import { expect, it } from 'vitest'

import { withOtherSeen, withSeen } from './keywords.ts'
import { differenceOfUnlike, viewerChanges } from './viewer-counts.ts'

const viewers = [1, 2, 3] as const
/** Emails of a thread: unread or not for the owner, and for each viewer. */
const emails = fc.array(
  fc.record({ owner: fc.boolean(), viewers: fc.tuple(fc.boolean(), fc.boolean(), fc.boolean()) }),
  { minLength: 1, maxLength: 5 },
)
type Emails = (typeof emails extends fc.Arbitrary<infer T> ? T : never) & object

function unreadOf(all: Emails, viewer: number): number {
  return all.filter((email) => email.viewers[viewer - 1]).length
}
function ownUnread(all: Emails): number {
  return all.filter(({ owner }) => owner).length
}
function differencesOf(all: Emails): Map<number, number> {
  const entries = viewers.map((viewer) => [viewer, unreadOf(all, viewer) - ownUnread(all)] as const)
  return new Map(entries.filter(([, difference]) => difference !== 0))
}
/** Of the mailbox's counters, when the thread is all there is. */
function mailboxDifferences(all: Emails, viewer: number): [emails: number, threads: number] {
  const [theirs, own] = [unreadOf(all, viewer), ownUnread(all)]
  return [theirs - own, Number(theirs > 0) - Number(own > 0)]
}

interface Step {
  readonly viewers: readonly number[]
  readonly step: number
}

/** By viewer: the differences of the mailbox and of the thread, as the changes leave them. */
function counted(before: Emails, after: Emails, step: Step): unknown[] {
  const differences = differencesOf(before)
  const place = { before: ownUnread(before), after: ownUnread(after), differences }
  const changes = new Map(viewerChanges(place, step).map((change) => [change.viewer, change]))
  return viewers.map((viewer) => {
    const change = changes.get(viewer)
    const [hadEmails, hadThreads] = mailboxDifferences(before, viewer)
    return [
      hadEmails + (change?.unreadEmails ?? 0),
      hadThreads + (change?.unreadThreads ?? 0),
      change?.difference ?? differences.get(viewer) ?? 0,
    ]
  })
}

function recounted(all: Emails): unknown[] {
  return viewers.map((viewer) => [
    ...mailboxDifferences(all, viewer),
    differencesOf(all).get(viewer) ?? 0,
  ])
}

it('what the owner reads changes nothing for viewers', () => {
  fc.assert(
    fc.property(emails, fc.nat(), (before, index) => {
      const at = index % before.length
      const after = before.map((email, n) => (n === at ? { ...email, owner: !email.owner } : email))
      const step = ownUnread(before) - ownUnread(after)
      expect(counted(before, after, { viewers, step })).toEqual(recounted(after))
    }),
  )
})

it('what a viewer reads changes nothing for others', () => {
  fc.assert(
    fc.property(emails, fc.nat(), fc.constantFrom(...viewers), (before, index, viewer) => {
      const at = index % before.length
      const after = before.map((email, n) => {
        const theirs = email.viewers.with(viewer - 1, !email.viewers[viewer - 1])
        return n === at ? { ...email, viewers: theirs as typeof email.viewers } : email
      })
      const step = unreadOf(after, viewer) - unreadOf(before, viewer)
      expect(counted(before, after, { viewers: [viewer], step })).toEqual(recounted(after))
    }),
  )
})

it('an email that comes or goes counts for each as it is for each', () => {
  fc.assert(
    fc.property(emails, (all) => {
      const [last, rest] = [all.at(-1), all.slice(0, -1)]
      if (last === undefined) return
      const unlike = viewers.filter((viewer) => last.viewers[viewer - 1] !== last.owner)
      const step = differenceOfUnlike(last.owner ? ' work ' : ' $seen work ')
      expect(counted(rest, all, { viewers: unlike, step })).toEqual(recounted(all))
      expect(counted(all, rest, { viewers: unlike, step: -step })).toEqual(recounted(rest))
    }),
  )
})

it('the seen mark is put in its place among the keywords, and taken out', () => {
  expect(withSeen('', true)).toBe(' $seen ')
  expect(withSeen(' $flagged work ', true)).toBe(' $flagged $seen work ')
  expect(withSeen(' $seen work ', true)).toBe(' $seen work ')
  expect(withSeen(' $seen ', false)).toBe('')
  expect(withOtherSeen(' $seen work ')).toBe(' work ')
  expect(withOtherSeen(' work ')).toBe(' $seen work ')
})
