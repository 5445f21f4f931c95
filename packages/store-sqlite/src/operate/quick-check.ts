import type { DatabaseSync } from 'node:sqlite'

import { MailError } from '@gatepost/core'

/** Whether every page can be read and is where it belongs. @throws MailError failed `backup.damaged` */
export function quickCheck(db: DatabaseSync, name: string): void {
  const message = firstMessage(db)
  if (message === 'ok') return
  throw new MailError('failed', 'backup.damaged', `${name} is damaged: ${message}`)
}

function firstMessage(db: DatabaseSync): string {
  try {
    return String(db.prepare('PRAGMA quick_check(1)').get()?.['quick_check'])
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
