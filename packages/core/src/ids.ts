import type { Brand } from './brand.ts'

/**
 * Ids made by the store. Opaque text of at most 64 characters of `A-Za-z0-9_-`, never starting with a digit or a dash
 * (RFC 8620 section 1.2). Any text may be cast to one: the store answers "not found" to what it did not make.
 */
export type PrincipalId = Brand<string, 'PrincipalId'>
export type CredentialId = Brand<string, 'CredentialId'>
export type AccountId = Brand<string, 'AccountId'>
export type MailboxId = Brand<string, 'MailboxId'>
export type EmailId = Brand<string, 'EmailId'>
export type ThreadId = Brand<string, 'ThreadId'>
/** Names the content: the same bytes in one account have the same blob id. */
export type BlobId = Brand<string, 'BlobId'>
export type QueueId = Brand<string, 'QueueId'>

/** RFC 3501 section 2.3.1.1: 1 to 2^32 - 1, strictly ascending in a mailbox. */
export type Uid = Brand<number, 'Uid'>
/** The account's change counter: IMAP MODSEQ (RFC 7162), JMAP state (RFC 8620). At least 1, below 2^53. */
export type ModSeq = Brand<number, 'ModSeq'>
