import { describe } from 'vitest'

import { describeBlobs } from './describe-blobs.ts'
import { describeDeliveries, describeSharedFate } from './describe-deliveries.ts'
import { describeEmailFlags } from './describe-email-flags.ts'
import { describeEmailPlaces } from './describe-email-places.ts'
import { describeMailboxes } from './describe-mailboxes.ts'
import { describeOpLists } from './describe-op-lists.ts'
import { describeRandomOperations } from './describe-random-operations.ts'
import { describeRecords } from './describe-records.ts'
import { describeSearchWindows } from './describe-search-windows.ts'
import { describeSearch } from './describe-search.ts'
import { describeThreads } from './describe-threads.ts'
import { describeViewerAccess } from './describe-viewer-access.ts'
import { describeViewerMailboxes } from './describe-viewer-mailboxes.ts'
import { describeViewerSearch } from './describe-viewer-search.ts'
import { describeViewers } from './describe-viewers.ts'
import type { OpenMailFixture, OpenStoreFixture } from './store-fixture.ts'

export interface MailStoreSuiteOptions {
  /** Of 120 random operations each. Default 6. */
  readonly randomRuns?: number
}

/** The contract of MailStore, for any adapter. */
export function describeMailStore(
  name: string,
  open: OpenStoreFixture,
  options: MailStoreSuiteOptions = {},
): void {
  describeSearchlessMailStore(name, open, options)
  describe(`${name}: MailStore`, () => {
    describeSearch(open)
    describeSearchWindows(open)
    describeViewerSearch(open)
  })
}

/** The contract of MailStore, `search` aside. */
export function describeSearchlessMailStore(
  name: string,
  open: OpenMailFixture,
  { randomRuns = 6 }: MailStoreSuiteOptions = {},
): void {
  describe(`${name}: MailStore`, () => {
    describeMailboxes(open)
    describeEmailFlags(open)
    describeEmailPlaces(open)
    describeOpLists(open)
    describeThreads(open)
    describeBlobs(open)
    describeRecords(open)
    describeDeliveries(open)
    describeSharedFate(open)
    describeViewers(open)
    describeViewerMailboxes(open)
    describeViewerAccess(open)
    describeRandomOperations(open, randomRuns)
  })
}
