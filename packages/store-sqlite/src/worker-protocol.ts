import type { SearchStart } from './search/protocol.ts'

/** What a worker is started with. */
export interface WorkerStart {
  readonly role: 'writer' | 'prepare' | 'checkpoint' | 'search' | 'content'
  /** Of the database. */
  readonly path: string
  readonly maxPages?: number | undefined
  /** Of the full-text index; left out where another process keeps it. */
  readonly indexPath?: string | undefined
  readonly search?: SearchStart | undefined
}
