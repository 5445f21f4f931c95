import type { MailStore } from '@gatepost/core'

import type { ResponseWriter } from './response-writer.ts'
import type { SelectedMailbox } from './selected-mailbox.ts'

/** FLAGS once more when a keyword has appeared: comes before the first FETCH that shows it (RFC 3501 section 7.2.6). */
export function tellKeywords(
  store: MailStore,
  { accountId, isReadOnly, keywords }: SelectedMailbox,
  writer: ResponseWriter,
): void {
  if (!store.read(accountId, (reader) => keywords.refresh(reader))) return
  for (const line of keywords.lines(isReadOnly)) writer.line(line)
}
