export { isDomainRole } from './address/domain-roles.ts'
export { normaliseDomain, normaliseHostName } from './address/domain-name.ts'
export { parseAddress, type EmailAddress } from './address/email-address.ts'
export {
  isInAny,
  isInNetwork,
  maskGroups,
  networkAround,
  parseIp,
  parseNetwork,
  siteOf,
  subscriberOf,
  type IpAddress,
  type IpNetwork,
} from './address/ip-address.ts'
export { isLoopbackAddress, isPrivateAddress, isPublicAddress } from './address/special-networks.ts'
export type { Brand } from './brand.ts'
export { systemClock, type Clock } from './clock.ts'
export { CachedDirectory } from './directory/cached-directory.ts'
export { loginStamp } from './directory/login-stamp.ts'
export { KnownDomains, type KnownDomainsOptions } from './directory/known-domains.ts'
export { maySendAsAll } from './directory/may-send-as-all.ts'
export type {
  AccountId,
  BlobId,
  CredentialId,
  EmailId,
  MailboxId,
  ModSeq,
  PrincipalId,
  QueueId,
  ThreadId,
  Uid,
} from './ids.ts'
export { DataMemory, type DataShare, type Shortage } from './memory/data-memory.ts'
export { forgetOldest } from './memory/forget-oldest.ts'
export { MailError, type MailErrorKind, type MailErrorOptions } from './mail-error.ts'
export { Concurrency } from './shares/concurrency.ts'
export { FairTurns, type FairTurnsOptions, type TurnSource } from './shares/fair-turns.ts'
export { NextTurn } from './shares/next-turn.ts'
export { Turns } from './shares/turns.ts'
export { Occupancy } from './shares/occupancy.ts'
export type * from './model/access.ts'
export * from './model/changes.ts'
export type * from './model/credential.ts'
export type * from './model/delivery.ts'
export type * from './model/email-query.ts'
export type * from './model/email.ts'
export type * from './model/mail-op.ts'
export * from './model/mailbox.ts'
export * from './model/new-content.ts'
export type * from './model/queue.ts'
export type * from './model/record.ts'
export type * from './ports/change-feed.ts'
export * from './ports/directory.ts'
export type * from './ports/mail-reader.ts'
export type * from './ports/mail-store.ts'
export type * from './ports/principals.ts'
export type * from './ports/queue.ts'
export type * from './ports/mail-intake.ts'
export { mailAs } from './access/mail-as.ts'
export { allRights, may, rightsOn } from './access/rights-on.ts'
export { readRights, writeRights } from './access/rights-text.ts'
export { MemoryPool } from './memory/memory-pool.ts'
