import type { MailboxRole } from '@gatepost/core'

/** IMAP INTERNALDATE. */
export interface ReceivedTime {
  /** Milliseconds since 1970. */
  readonly receivedAt: number
  /** The time zone that it was given in, minutes east of UTC; 0 where nothing says it. */
  readonly zoneMinutes: number
}

/** A message on its way in or out, with what a mailbox knows of it. */
export interface MailItem extends ReceivedTime {
  readonly content: Buffer
  /** `$seen` and its like among them; the others as they were first written. */
  readonly keywords: readonly string[]
  /** IMAP `\Deleted`. */
  readonly isDeleted: boolean
}

/** A mailbox on its way in or out. */
export interface MailFolder {
  /** Levels of the hierarchy; INBOX is `['INBOX']`. */
  readonly path: readonly string[]
  readonly role: MailboxRole | null
  readonly isSubscribed: boolean
  readonly sortOrder: number
}

/** What an import reads. */
export interface MailSource {
  /** Sum of the weights of all messages, as far as it is known before they are read. */
  readonly totalWeight: number
  readonly folders: readonly SourceFolder[]
}

/** Where messages of a source are, and what the account's mailbox for them is made of. */
export interface SourcePlace {
  /** Tells it from the others of the source, in every run. */
  readonly key: string
  readonly path: readonly string[]
  /** What the source knows; without a role, the name may tell one. */
  readonly known?: Omit<MailFolder, 'role'> & Partial<Pick<MailFolder, 'role'>>
}

export interface SourceFolder extends SourcePlace {
  /** Sources whose content is far away leave it out of what an earlier run has done. @throws SourceLost */
  messages(earlier: EarlierRuns): AsyncIterable<SourceMessage>
}

/** What the journal of an import knows of a folder. */
export interface EarlierRuns {
  /** Of a message of the folder. */
  isDone(key: string): boolean
  /** For sources whose keys mean nothing without it: IMAP's UIDVALIDITY. @throws Error when the keys of earlier runs had another one */
  checkNumbering(numbering: string): void
}

/** Nothing more can be had from the source. */
export class SourceLost extends Error {
  override readonly name = 'SourceLost'
}

/** Where a message is that says so itself. */
export interface ItemPlace {
  /** Its key is one of these, not of the folder: a message that is found twice in a scope comes once. */
  readonly scope: string
  readonly mailboxes: readonly [SourcePlace, ...SourcePlace[]]
}

export interface SourceMessage {
  /** Tells it from the others of the folder, in every run. */
  readonly key: string
  /** What it adds to the progress. */
  readonly weight: number
  /** Left out: it is in the folder that it was found in. */
  readonly place?: ItemPlace
  /** @throws Error when it cannot be read */
  read(): Promise<MailItem>
}

/** Larger messages are passed over: each is in memory as a whole. */
export const maxMessageBytes = 134_217_728

export function tooLarge(): Error {
  return new Error(`larger than ${maxMessageBytes / 1_048_576} MiB`)
}
