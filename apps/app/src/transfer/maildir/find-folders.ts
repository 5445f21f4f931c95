import { lstat } from 'node:fs/promises'
import { join } from 'node:path'

import { entriesBelow, maxDepth, maxFolders, type SourceReport } from '../skipped-files.ts'
import { decodeLevel, folderPath } from './folder-name.ts'

/** A Maildir somewhere below the root. */
export interface FoundMaildir {
  /** Relative to the root; '' is the root itself. */
  readonly folder: string
  readonly path: readonly string[]
}

const ownFolders = new Set(['cur', 'new', 'tmp'])

/**
 * Maildirs as other programs lay them out: Maildir++ (`.Work.Plans`: Dovecot, Courier), folders in folders (`Work/Plans`: mbsync, Dovecot's `fs`,
 * mutt), or flat with dots (`INBOX.Work.Plans`: offlineimap). `root` is a real path; links are not followed.
 */
export async function findMaildirs(root: string, report: SourceReport): Promise<FoundMaildir[]> {
  const found: FoundMaildir[] = []
  if (await isMaildir(root)) found.push({ folder: '', path: ['INBOX'] })
  await addBelow({ folder: '', path: [] }, { root, found, report })
  return found
}

interface Search {
  readonly root: string
  readonly found: FoundMaildir[]
  readonly report: SourceReport
}

async function addBelow(above: FoundMaildir, search: Search): Promise<void> {
  const { root, found, report } = search
  const entries = await entriesBelow(search, above.folder)
  const names = new Set(entries.map(({ name }) => name))
  for (const { name, kind } of entries) {
    if (ownFolders.has(name) || kind === 'file') continue
    const folder = join(above.folder, name)
    if (kind === 'other') {
      report.skip(folder, 'neither a folder nor a regular file')
      continue
    }
    const path = [...above.path, ...levelsOf(name, names)]
    if (above.path.length >= maxDepth || found.length >= maxFolders) {
      report.fail(folder, above.path.length >= maxDepth ? 'too deep' : 'too many folders')
      continue
    }
    const isOne = await isMaildir(join(root, folder))
    if (isOne && path.length > 0) found.push({ folder, path })
    if (!name.startsWith('.')) await addBelow({ folder, path }, search)
  }
}

function levelsOf(name: string, siblings: ReadonlySet<string>): string[] {
  if (name.startsWith('.')) return folderPath(name)
  const [first = '', ...below] = name.split('.')
  if (below.length === 0 || below.includes('') || !siblings.has(first))
    return [inboxOr(decodeLevel(name))]
  // `INBOX.` is where such servers keep all that is not INBOX.
  const levels = first === 'INBOX' ? below : [first, ...below]
  return levels.map(decodeLevel)
}

function inboxOr(name: string): string {
  return name.toLowerCase() === 'inbox' ? 'INBOX' : name
}

async function isMaildir(path: string): Promise<boolean> {
  for (const sub of ['cur', 'new']) {
    const found = await lstat(join(path, sub)).catch(() => undefined)
    if (found?.isDirectory() === true) return true
  }
  return false
}
