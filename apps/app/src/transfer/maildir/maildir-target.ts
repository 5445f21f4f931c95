import { join } from 'node:path'

import type { ExportFolder, ExportTarget, FolderState } from '../export-target.ts'
import { makeFolder, openToWrite } from '../regular-file.ts'
import { folderName } from './folder-name.ts'
import { MaildirWriter } from './maildir-writer.ts'

/** Maildir++: INBOX at the root, other mailboxes as `.Name.Below`. */
export class MaildirTarget implements ExportTarget {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  nameOf(path: readonly string[]): string {
    return folderName(path)
  }

  async open(name: string, state: FolderState): Promise<ExportFolder> {
    const path = join(this.#root, name)
    if (name !== '') await makeFolder(path)
    // https://www.courier-mta.org/imap/README.maildirquota.html: marks what is a folder and no Maildir of its own.
    if (name !== '') await (await openToWrite(join(path, 'maildirfolder'), 'replace')).close()
    return await MaildirWriter.open(path, state)
  }
}
