import { accountStatements } from './accounts.ts'
import type { Statement } from './database/statement.ts'
import { accountReads } from './read/account-reader.ts'
import { blobReads } from './read/blob-reader.ts'
import { changesReads } from './read/changes-reader.ts'
import { emailReads } from './read/email-reader.ts'
import { keywordReads } from './read/keyword-reader.ts'
import { mailboxReads } from './read/mailbox-reader.ts'
import { membershipReads } from './read/membership-reader.ts'
import { recordReads } from './read/record-reader.ts'
import {
  accountBlobTable,
  emailTable,
  mailboxTable,
  mailboxThreadTable,
  membershipTable,
  recordTable,
  threadTable,
  viewerThreadTable,
} from './write/account-tables.ts'
import { contentStatements } from './write/content.ts'
import { queueStatements } from './write/deliver.ts'
import { flushStatements } from './write/flush.ts'
import { loadStatements } from './write/load.ts'
import { recordLoads } from './write/ops/load-records.ts'
import { transactionStatements } from './write/transaction.ts'
import { viewerLoads } from './write/viewers/load-viewers.ts'
import { viewerWrites } from './write/viewers/write-viewers.ts'

const tables = [
  accountBlobTable,
  emailTable,
  mailboxTable,
  mailboxThreadTable,
  membershipTable,
  recordTable,
  threadTable,
  viewerThreadTable,
]

/** Every statement that the store sends: what none may do is checked of them all. */
export const allStatements: readonly Statement[] = [
  accountReads,
  accountStatements,
  blobReads,
  changesReads,
  contentStatements,
  emailReads,
  flushStatements,
  keywordReads,
  loadStatements,
  mailboxReads,
  membershipReads,
  queueStatements,
  recordLoads,
  recordReads,
  transactionStatements,
  viewerLoads,
  viewerWrites,
]
  .flatMap((group) => Object.values<Statement>(group))
  .concat(tables.flatMap(({ write, remove }) => [write, remove]))
