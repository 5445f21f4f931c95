import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import type { ExportFolder, ExportTarget, FolderState } from '../export-target.ts'
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
    await mkdir(path, { recursive: true, mode: 0o700 })
    // https://www.courier-mta.org/imap/README.maildirquota.html: marks what is a folder and no Maildir of its own.
    if (name !== '') await writeFile(join(path, 'maildirfolder'), '', { mode: 0o600 })
    return await MaildirWriter.open(path, state)
  }
}
