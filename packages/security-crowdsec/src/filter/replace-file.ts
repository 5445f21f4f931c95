import { constants } from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'

/**
 * Writes a file anew and puts it into its place in one step: what was there stays until then. Nobody but us may read it. `write` gets what appends text.
 * @throws Error when the disk does not take all of it
 */
export async function replaceFile(
  path: string,
  write: (append: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  const next = `${path}.next`
  const { O_WRONLY, O_CREAT, O_EXCL } = constants
  await rm(next, { force: true })
  {
    await using file = await open(next, O_WRONLY | O_CREAT | O_EXCL, 0o600)
    // `file.write` would answer, without an error, that a disk which is full has taken a part.
    await write((text) => file.appendFile(text))
    await file.sync()
  }
  await rename(next, path)
}
