import { readdir } from 'node:fs/promises'
import { join } from 'node:path'

import type { TransferTally } from './transfer-summary.ts'

/** Told of what is not read, and why; `where` is below the root. What is skipped is no mail, what fails may be some. */
export type SourceReport = Pick<TransferTally, 'skip' | 'fail'>

/** Folders of one source: more are no mailboxes of a person. */
export const maxFolders = 10_000
/** Levels, as deep as folders are looked for. */
export const maxDepth = 20

export interface FolderEntry {
  readonly name: string
  readonly kind: 'folder' | 'file' | 'other'
}

/** What is in a folder, by its own kind: a link is `other`, whatever it leads to. */
export async function entriesOf(path: string): Promise<FolderEntry[]> {
  const entries = await readdir(path, { withFileTypes: true })
  return entries.map((entry) => ({
    name: entry.name,
    kind: entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : 'other',
  }))
}

/** The same of a folder below a root; none, and told of, when it cannot be read, unless it is the root itself. */
export async function entriesBelow(
  { root, report }: { readonly root: string; readonly report: SourceReport },
  folder: string,
): Promise<FolderEntry[]> {
  try {
    return await entriesOf(join(root, folder))
  } catch (error) {
    if (folder === '') throw error
    report.fail(folder, error)
    return []
  }
}
