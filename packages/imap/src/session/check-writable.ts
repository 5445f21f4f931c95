import { MailError } from '@gatepost/core'

import type { SelectedMailbox } from './selected-mailbox.ts'

/** @throws MailError denied `imap.readOnly` after EXAMINE */
export function checkWritable({ isReadOnly }: SelectedMailbox): void {
  if (isReadOnly) throw new MailError('denied', 'imap.readOnly', 'The mailbox was opened read-only')
}
