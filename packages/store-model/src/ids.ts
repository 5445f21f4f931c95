import type {
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
} from '@gatepost/core'

// A letter and the integer key, as the ids of JMAP may not start with a digit (RFC 8620 section 1.2).
export const principalId = (key: number): PrincipalId => `p${key}` as PrincipalId
export const credentialId = (key: number): CredentialId => `c${key}` as CredentialId
export const accountId = (key: number): AccountId => `a${key}` as AccountId
export const mailboxId = (key: number): MailboxId => `m${key}` as MailboxId
export const emailId = (key: number): EmailId => `e${key}` as EmailId
export const threadId = (key: number): ThreadId => `t${key}` as ThreadId
export const queueId = (key: number): QueueId => `q${key}` as QueueId
/** Of the SHA-256 of the content in base64url. */
export const blobId = (hash: string): BlobId => `b${hash}` as BlobId
export const modSeq = (value: number): ModSeq => value as ModSeq
export const uid = (value: number): Uid => value as Uid

type Letter = 'p' | 'c' | 'a' | 'm' | 'e' | 't' | 'q'

/** The integer key, or 0, which no row has, when it is no id of this kind. */
export function keyOf(letter: Letter, id: string): number {
  if (id[0] !== letter || id.length > 17) return 0
  for (let at = 1; at < id.length; at += 1) {
    const code = id.charCodeAt(at)
    if (code < 48 || code > 57) return 0
  }
  const key = Number(id.slice(1))
  // One spelling per id: `e01` is not `e1`.
  return Number.isSafeInteger(key) && String(key).length === id.length - 1 ? key : 0
}

/** The hash in a blob id; '' when it is none. */
export function hashOf(id: string): string {
  return /^b[A-Za-z0-9_-]{43}$/.test(id) ? id.slice(1) : ''
}
