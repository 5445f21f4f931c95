import type { MailStore, Membership, Uid } from '@gatepost/core'

import type { ResponseWriter } from './response-writer.ts'
import type { SelectedMailbox } from './selected-mailbox.ts'

/** Those of the UIDs that are there, to be shown. FLAGS once more when a keyword has appeared: it comes before the first FETCH that shows it (RFC 3501 section 7.2.6). */
export async function shownMemberships(
  store: MailStore,
  { selected, writer }: { readonly selected: SelectedMailbox; readonly writer: ResponseWriter },
  uids: readonly Uid[],
): Promise<readonly Membership[]> {
  const { memberships, hasAppeared } = await store.read(selected.accountId, async (reader) => {
    const [found, isNew] = await Promise.all([
      reader.memberships.get(selected.id, uids),
      selected.keywords.refresh(reader),
    ])
    return { memberships: found, hasAppeared: isNew }
  })
  if (hasAppeared) tellKeywords(selected, writer)
  return memberships
}

export function tellKeywords(
  { isReadOnly, keywords }: SelectedMailbox,
  writer: ResponseWriter,
): void {
  for (const line of keywords.lines(isReadOnly)) writer.line(line)
}
