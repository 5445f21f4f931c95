import { chownSync, existsSync, statSync } from 'node:fs'

/** Run by root, a restore must not leave files that the server cannot open. */
export function giveToOwner(folder: string, paths: readonly string[]): void {
  if (process.getuid?.() !== 0) return
  const { uid, gid } = statSync(folder)
  for (const path of paths) if (existsSync(path)) chownSync(path, uid, gid)
}
