import type { MailboxRole } from '@gatepost/core'

/** A message on its way in or out, with what a mailbox knows of it. */
export interface MailItem {
  readonly content: Buffer
  /** Milliseconds since 1970. */
  readonly receivedAt: number
  /** Lower case, `$seen` and its like among them. */
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

export interface SourceFolder {
  /** Tells it from the others of the source, in every run. */
  readonly key: string
  readonly path: readonly string[]
  /** Left out by sources that know no roles: then the name may tell. */
  readonly known?: MailFolder
  messages(): AsyncIterable<SourceMessage>
}

export interface SourceMessage {
  /** Tells it from the others of the folder, in every run. */
  readonly key: string
  /** What it adds to the progress. */
  readonly weight: number
  /** @throws Error when it cannot be read */
  read(): Promise<MailItem>
}

/** Larger messages are passed over: each is in memory as a whole. */
export const maxMessageBytes = 134_217_728

export function tooLarge(): Error {
  return new Error(`larger than ${maxMessageBytes / 1_048_576} MiB`)
}
