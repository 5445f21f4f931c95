import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'

import { NoRegularFile, openRegular } from '../regular-file.ts'
import { entriesBelow, maxDepth, maxFolders, type SourceReport } from '../skipped-files.ts'

export interface FoundMbox {
  /** Relative to the root; '' is the root itself. */
  readonly file: string
  readonly path: readonly string[]
  readonly bytes: number
}

const openingBytes = 4_096
/** What mail programs keep beside their mboxes, and we beside ours. */
const companions =
  /^(?:gatepost-export\.journal.*|.*\.(?:msf|dat|plist|json|sqlite|sqlite-wal|sqlite-shm))$/i

/**
 * The mboxes in a folder: `Work.mbox` or `Work`, what is below Work in `Work/` or, as Thunderbird has it, in `Work.sbd/`. Apple Mail's
 * `Work.mbox/mbox` too. A file alone is one mailbox. `root` is a real path; links are not followed.
 * @throws NoRegularFile when it is neither a folder nor a regular file
 */
export async function findMboxes(root: string, report: SourceReport): Promise<FoundMbox[]> {
  const status = await stat(root)
  if (!status.isDirectory() && !status.isFile())
    throw new NoRegularFile(`${root} is neither a folder nor a regular file`)
  if (!status.isDirectory())
    return [{ file: '', path: [levelOf(basename(root))], bytes: status.size }]
  const found: FoundMbox[] = []
  await addBelow({ file: '', path: [] }, { root, found, report })
  return found
}

interface Search {
  readonly root: string
  readonly found: FoundMbox[]
  readonly report: SourceReport
}

async function addBelow(above: Pick<FoundMbox, 'file' | 'path'>, search: Search): Promise<void> {
  const { found, report } = search
  for (const { name, kind } of await entriesBelow(search, above.file)) {
    if (name.startsWith('.')) continue
    const file = join(above.file, name)
    const isTooDeep = above.path.length >= maxDepth
    if (kind === 'other') report.skip(file, 'neither a folder nor a regular file')
    else if (isTooDeep || found.length >= maxFolders)
      report.fail(file, isTooDeep ? 'too deep' : 'too many folders')
    else if (kind === 'folder')
      await addBelow({ file, path: [...above.path, levelOf(name)] }, search)
    else await addFile(file, { above, name }, search)
  }
}

async function addFile(
  file: string,
  { above, name }: { readonly above: Pick<FoundMbox, 'file' | 'path'>; readonly name: string },
  { root, found, report }: Search,
): Promise<void> {
  if (companions.test(name)) return
  try {
    const start = await openingOf(join(root, file))
    if (!isMbox(name, start)) {
      if (start.bytes > 0) report.skip(file, 'no mbox: it does not begin with `From `')
      return
    }
    const isWhole = name === 'mbox' && above.file.endsWith('.mbox')
    const path = isWhole ? above.path : [...above.path, levelOf(name)]
    found.push({ file, path, bytes: start.bytes })
  } catch (error) {
    if (error instanceof NoRegularFile) report.skip(file, error.message)
    else report.fail(file, error)
  }
}

function levelOf(name: string): string {
  const level = name.replace(/\.(?:mbox|sbd)$/i, '')
  return level.toLowerCase() === 'inbox' ? 'INBOX' : level
}

interface Opening {
  readonly text: string
  readonly bytes: number
}

async function openingOf(path: string): Promise<Opening> {
  const file = await openRegular(path)
  try {
    const start = Buffer.alloc(openingBytes)
    const { bytesRead } = await file.read(start, 0, start.length, 0)
    return { text: start.toString('latin1', 0, bytesRead), bytes: (await file.stat()).size }
  } finally {
    await file.close()
  }
}

/** By its beginning, behind a byte order mark and empty lines, or by its name: what is in it then is said. */
function isMbox(name: string, { text }: Opening): boolean {
  if (/\.mbox$/i.test(name)) return true
  return /^(?:\u00ef\u00bb\u00bf)?[\r\n]*From /.test(text)
}
