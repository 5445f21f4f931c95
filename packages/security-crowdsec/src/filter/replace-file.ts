import { constants } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'

type Append = (text: string) => Promise<void>

/**
 * Writes a file anew and puts it into its place in one step: what was there stays until then. Nobody but us may read it.
 * @throws Error when the disk does not take all of it
 */
export async function replaceFile(
  path: string,
  write: (append: Append) => Promise<void>,
): Promise<void> {
  const next = `${path}.next`
  await rm(next, { force: true })
  try {
    await writeFile(next, write)
    await rename(next, path)
  } catch (error) {
    // A disk that is full has better use for the room.
    await rm(next, { force: true })
    throw error
  }
}

async function writeFile(path: string, write: (append: Append) => Promise<void>): Promise<void> {
  const { O_WRONLY, O_CREAT, O_EXCL } = constants
  await using file = await open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
  // `file.write` would answer, without an error, that a disk which is full has taken a part.
  await write((text) => file.appendFile(text))
  await file.sync()
}
