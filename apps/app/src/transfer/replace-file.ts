import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

import { openToWrite } from './regular-file.ts'

/** The new text or the old one, never a part: for its owner alone. */
export async function replaceFile(path: string, text: string): Promise<void> {
  const partial = `${path}.partial`
  try {
    await writeSynced(partial, text)
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
  await rename(partial, path)
  await syncFolder(dirname(path))
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await openToWrite(path, 'replace')
  try {
    await file.writeFile(text)
    await file.datasync()
  } finally {
    await file.close()
  }
}

/** Names that were made, changed or removed in it are on disk. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}
