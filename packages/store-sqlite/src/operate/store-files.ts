import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { MailError } from '@gatepost/core'

/** The files of a store in its data folder. */
export interface StoreFiles {
  readonly database: string
  readonly textIndex: string
}

export function storeFiles(dataFolder: string): StoreFiles {
  return {
    database: join(dataFolder, 'gatepost.sqlite'),
    textIndex: join(dataFolder, 'search.sqlite'),
  }
}

/** @throws MailError notFound `store.notFound` */
export function existingStore(dataFolder: string): StoreFiles {
  const files = storeFiles(dataFolder)
  if (existsSync(files.database)) return files
  throw new MailError('notFound', 'store.notFound', `there is no store in ${dataFolder}`)
}

/** What a server, or who took its place for a while, holds. */
export function lockFiles(dataFolder: string): string[] {
  return [join(dataFolder, 'server.lock'), join(dataFolder, 'server.pid')]
}
