import type { MailItem } from './mail-item.ts'

/** Where an export writes. */
export interface ExportTarget {
  /** Name of its folder or file below the root. */
  nameOf(path: readonly string[]): string
  open(name: string, state: FolderState): Promise<ExportFolder>
}

/** How far a folder is, as the journal has it. */
export interface FolderState {
  readonly uidValidity: number
  /** Messages up to it are written. */
  readonly afterUid: number
  /** Size of the file at that time, of formats that have all messages in one file. */
  readonly bytes: number
  /** More may have been written than the journal says: a run was interrupted. */
  readonly isInterrupted: boolean
  /** UIDs up to it that could not be read, and are tried again. */
  readonly missing: readonly number[]
}

export interface ExportFolder extends AsyncDisposable {
  /** They are on disk when it resolves. Ascending by UID. */
  write(messages: readonly ExportMessage[]): Promise<void>
  readonly bytes: number
}

export interface ExportMessage extends MailItem {
  readonly uid: number
}
