export { type Chunk, chunkBytes, packChunks, unpackChunk } from './chunks.ts'
export {
  accountNotFound,
  emailNotFound,
  mailboxNotFound,
  queueNotFound,
  quotaExceeded,
  snapshotEnded,
  storeBusy,
} from './errors.ts'
export { foldText } from './fold-text.ts'
export {
  accountId,
  blobId,
  credentialId,
  emailId,
  hashOf,
  keyOf,
  mailboxId,
  modSeq,
  principalId,
  queueId,
  threadId,
  uid,
} from './ids.ts'
export { KeywordCache } from './keyword-cache.ts'
export {
  hasSpelling,
  isDeletedStored,
  keywordsStored,
  keywordsUpdated,
  maxSpellings,
  spelledIn,
} from './keyword-changes.ts'
export {
  isUnread,
  normaliseKeywords,
  packKeywords,
  unpackKeywords,
  withOtherSeen,
  withSeen,
} from './keywords.ts'
export { checkMailboxName } from './mailbox-name.ts'
export { eventsOfPage, membershipChanges, type MembershipEvent } from './membership-changes.ts'
export { movable } from './movable.ts'
export { readContent } from './read-content.ts'
export { FairLine } from './prepare/fair-line.ts'
export type { PrepareReplies, PrepareWork } from './prepare/prepare-lane.ts'
export { PreparePool, type SizeClass, sizeClassOf } from './prepare/prepare-pool.ts'
export { WorkerClient, type WorkerMessage } from './worker-client.ts'
export { patched } from './patched.ts'
export { recordChanges, type RecordEvent } from './record-changes.ts'
export {
  checkRecordCount,
  checkRecordId,
  checkRecordOp,
  checkRecordType,
  isRecordId,
  maxRecords,
  recordNotFound,
} from './records.ts'
export {
  type CountedThread,
  differenceOfUnlike,
  type ViewerChange,
  viewerChanges,
  type ViewerStep,
} from './viewer-counts.ts'
export {
  prepareBlob,
  type PreparedBlob,
  type PreparedMessage,
  prepareMessage,
  type SearchColumns,
} from './prepared-message.ts'
