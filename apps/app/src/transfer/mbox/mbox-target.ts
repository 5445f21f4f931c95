import { dirname, join } from 'node:path'

import type { ExportFolder, ExportTarget, FolderState } from '../export-target.ts'
import { makeFolder } from '../regular-file.ts'
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

  async open(name: string, state: FolderState): Promise<ExportFolder> {
    let folder = this.#root
    for (const level of dirname(name).split('/')) {
      folder = join(folder, level)
      if (level !== '.') await makeFolder(folder)
    }
    return await MboxWriter.open(join(this.#root, name), state)
  }
}
