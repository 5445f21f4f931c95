import { constants, lstatSync } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, realpath } from 'node:fs/promises'
import { dirname } from 'node:path'

/** It is there, and nothing that a transfer touches. */
export class NoRegularFile extends Error {
  override readonly name = 'NoRegularFile'
}

// Windows has neither; symbolic links are looked for by name there.
const noFollow = constants.O_NOFOLLOW ?? 0
const noBlock = constants.O_NONBLOCK ?? 0

/**
 * Opens a file to read it. Whoever runs the import may read more than who owns the mail: a link out of it must not be followed, and a FIFO not be waited
 * for. No folder on the way may be a link either: `path` begins with a real path.
 * @throws NoRegularFile
 */
export async function openRegular(path: string): Promise<FileHandle> {
  const file = await opening(path, constants.O_RDONLY | noFollow | noBlock)
  try {
    const opened = await file.stat()
    if (!opened.isFile()) throw new NoRegularFile('no regular file')
    // What the name leads to without any link is what was opened, whoever moves folders about meanwhile.
    const named = (await realpath(path)) === path ? await lstat(path) : undefined
    if (named === undefined || named.dev !== opened.dev || named.ino !== opened.ino)
      throw new NoRegularFile('a folder above it is a symbolic link')
    if (isBorrowed(opened, await lstat(dirname(path))))
      throw new NoRegularFile('another name of a file of somebody else')
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

interface Owned {
  readonly uid: number
  readonly nlink: number
}

/** Who may write into a folder may have given a file of somebody else a name there. */
export function isBorrowed(file: Owned, folder: Pick<Owned, 'uid'>): boolean {
  return file.nlink > 1 && file.uid !== folder.uid
}

/** As text; '' when there is none, or none that is a regular file of at most `maxBytes`. */
export async function readRegularText(path: string, maxBytes: number): Promise<string> {
  let file: FileHandle
  try {
    file = await openRegular(path)
  } catch {
    return ''
  }
  try {
    const { size } = await file.stat()
    return size > maxBytes ? '' : await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** Opens a file to write it, made for its owner alone; one that is there is no link. @throws NoRegularFile */
export async function openToWrite(path: string, how: 'append' | 'replace'): Promise<FileHandle> {
  const end = how === 'append' ? constants.O_APPEND : 0
  const flags = constants.O_RDWR | constants.O_CREAT | noFollow | noBlock | end
  const file = await opening(path, flags)
  try {
    const opened = await file.stat()
    if (!opened.isFile() || opened.nlink > 1) throw new NoRegularFile(`${path} is no file of ours`)
    if (how === 'replace') await file.truncate(0)
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/** A folder for its owner alone, that is no link. @throws NoRegularFile */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
    if (!(await lstat(path)).isDirectory()) throw new NoRegularFile(`${path} is no folder`)
  }
}

/** For what can only be opened by its name. @throws NoRegularFile when there is something else by that name */
export function checkRegular(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false })
  if (found !== undefined && !found.isFile()) throw new NoRegularFile(`${path} is no regular file`)
}

async function opening(path: string, flags: number): Promise<FileHandle> {
  try {
    if (noFollow === 0) checkRegular(path)
    return await open(path, flags, 0o600)
  } catch (error) {
    // open(2): a link, a socket or a FIFO that nobody reads.
    if (isCode(error, 'ELOOP')) throw new NoRegularFile('a symbolic link')
    if (isCode(error, 'ENXIO')) throw new NoRegularFile('no regular file')
    throw error
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
