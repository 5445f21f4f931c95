import { setImmediate } from 'node:timers/promises'

import type { MailboxId, MailReader, Uid } from '@gatepost/core'

const pageSize = 10_000

/** Of a mailbox, ascending. By pages, so that a large one holds nobody up. */
export async function allUids({ memberships }: MailReader, mailbox: MailboxId): Promise<Uid[]> {
  const uids: Uid[] = []
  for (;;) {
    const page = await memberships.uids(mailbox, uids.at(-1) ?? 0, pageSize)
    for (const uid of page) uids.push(uid)
    if (page.length < pageSize) return uids
    await setImmediate()
  }
}
