import type { Dirent } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'

import { decodeLevel, folderPath } from './folder-name.ts'

/** A Maildir somewhere below the root. */
export interface FoundMaildir {
  /** Relative to the root; '' is the root itself. */
  readonly folder: string
  readonly path: readonly string[]
}

const maxDepth = 20
const ownFolders = new Set(['cur', 'new', 'tmp'])

/**
 * Maildirs as other programs lay them out: Maildir++ (`.Work.Plans`: Dovecot, Courier), folders in folders (`Work/Plans`: mbsync, Dovecot's `fs`,
 * mutt), or flat with dots (`INBOX.Work.Plans`: offlineimap).
 */
export async function findMaildirs(root: string): Promise<FoundMaildir[]> {
  const found: FoundMaildir[] = []
  if (await isMaildir(root)) found.push({ folder: '', path: ['INBOX'] })
  await addBelow(root, { folder: '', path: [] }, found)
  return found
}

async function addBelow(root: string, above: FoundMaildir, found: FoundMaildir[]): Promise<void> {
  if (above.path.length >= maxDepth) return
  const entries = await readdir(join(root, above.folder), { withFileTypes: true })
  const names = new Set(entries.map(({ name }) => name))
  for (const entry of entries) {
    if (!mayBeFolder(entry)) continue
    const folder = join(above.folder, entry.name)
    const path = [...above.path, ...levelsOf(entry.name, names)]
    const isOne = await isMaildir(join(root, folder))
    if (isOne && path.length > 0) found.push({ folder, path })
    // A link may lead back up.
    if (entry.isDirectory() && !entry.name.startsWith('.'))
      await addBelow(root, { folder, path }, found)
  }
}

function mayBeFolder(entry: Dirent): boolean {
  return !ownFolders.has(entry.name) && (entry.isDirectory() || entry.isSymbolicLink())
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
    const found = await stat(join(path, sub)).catch(() => undefined)
    if (found?.isDirectory() === true) return true
  }
  return false
}
