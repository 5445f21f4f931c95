import { join } from 'node:path'

import type { ExportFolder, ExportTarget, FolderState } from '../export-target.ts'
import { fileName } from './file-name.ts'
import { MboxWriter } from './mbox-writer.ts'

/** A file for each mailbox. */
export class MboxTarget implements ExportTarget {
  readonly #root: string

  constructor(root: string) {
    this.#root = root
  }

  nameOf(path: readonly string[]): string {
    return fileName(path)
  }

  open(name: string, state: FolderState): Promise<ExportFolder> {
    return MboxWriter.open(join(this.#root, name), state)
  }
}
