import { MailError } from '@gatepost/core'

/** The tagged answer to a command. `code` goes in brackets before the text (RFC 3501 section 7.1). */
export interface Completion {
  readonly status: 'OK' | 'NO' | 'BAD'
  readonly code?: string
  readonly text: string
}

export function ok(text: string, code?: string): Completion {
  return code === undefined ? { status: 'OK', text } : { status: 'OK', code, text }
}

export function no(text: string, code?: string): Completion {
  return code === undefined ? { status: 'NO', text } : { status: 'NO', code, text }
}

/** RFC 3501 section 7.1, RFC 5530; `''`: no code. */
const codes: Readonly<Record<string, string>> = {
  'account.notFound': 'UNAVAILABLE',
  'imap.badCharset': 'BADCHARSET (UTF-8)',
  'imap.readOnly': 'READ-ONLY',
  'imap.tooBig': 'TOOBIG',
  'imap.tryCreate': 'TRYCREATE',
  'mailbox.badName': 'CANNOT',
  'mailbox.exists': 'ALREADYEXISTS',
  'mailbox.hasChild': 'INUSE',
  'mailbox.isInbox': 'CANNOT',
  'mailbox.loop': 'CANNOT',
  'mailbox.notFound': 'NONEXISTENT',
  'mailbox.tooDeep': 'LIMIT',
  'mailbox.tooMany': 'LIMIT',
  'quota.exceeded': 'OVERQUOTA',
  'spool.full': 'LIMIT',
}
const codeOfKind: Readonly<Record<MailError['kind'], string>> = {
  invalid: 'CANNOT',
  denied: 'NOPERM',
  notFound: 'NONEXISTENT',
  conflict: 'ALREADYEXISTS',
  limit: 'LIMIT',
  busy: 'UNAVAILABLE',
  failed: 'SERVERBUG',
}

/** The one mapping from an error to an answer. `isUnexpected`: to be logged with its stack. */
export function completionOf(error: unknown): {
  readonly completion: Completion
  readonly isUnexpected: boolean
} {
  if (!(error instanceof MailError))
    return { completion: no('Internal error', 'SERVERBUG'), isUnexpected: true }
  if (error.code === 'imap.syntax')
    return { completion: { status: 'BAD', text: error.publicText }, isUnexpected: false }
  return {
    completion: no(error.publicText, codes[error.code] ?? codeOfKind[error.kind]),
    isUnexpected: error.kind === 'failed',
  }
}
