import { open, readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'

export interface FoundMbox {
  /** Relative to the root; '' is the root itself. */
  readonly file: string
  readonly path: readonly string[]
  readonly bytes: number
}

const maxDepth = 20

/**
 * The mboxes in a folder: `Work.mbox` or `Work`, what is below Work in `Work/` or, as Thunderbird has it, in `Work.sbd/`. Apple Mail's
 * `Work.mbox/mbox` too. A file alone is one mailbox.
 */
export async function findMboxes(root: string): Promise<FoundMbox[]> {
  const status = await stat(root)
  if (!status.isDirectory())
    return [{ file: '', path: [levelOf(basename(root))], bytes: status.size }]
  const found: FoundMbox[] = []
  await addBelow(root, { file: '', path: [] }, found)
  return found
}

async function addBelow(
  root: string,
  above: Pick<FoundMbox, 'file' | 'path'>,
  found: FoundMbox[],
): Promise<void> {
  if (above.path.length >= maxDepth) return
  for (const entry of await readdir(join(root, above.file), { withFileTypes: true })) {
    const { name } = entry
    if (name.startsWith('.')) continue
    const file = join(above.file, name)
    if (entry.isDirectory()) {
      await addBelow(root, { file, path: [...above.path, levelOf(name)] }, found)
      continue
    }
    if (!entry.isFile() || !(await isMbox(join(root, file)))) continue
    const isWhole = name === 'mbox' && above.file.endsWith('.mbox')
    const path = isWhole ? above.path : [...above.path, levelOf(name)]
    found.push({ file, path, bytes: (await stat(join(root, file))).size })
  }
}

function levelOf(name: string): string {
  const level = name.replace(/\.(?:mbox|sbd)$/i, '')
  return level.toLowerCase() === 'inbox' ? 'INBOX' : level
}

/** Begins as an mbox does; empty ones are known by their name alone. */
async function isMbox(path: string): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const start = Buffer.alloc(5)
    const { bytesRead } = await file.read(start, 0, start.length, 0)
    return bytesRead === 0 ? path.endsWith('.mbox') : start.toString('latin1') === 'From '
  } finally {
    await file.close()
  }
}
