import type { Mailbox, MailboxId } from '@gatepost/core'

export interface PlacedMailbox {
  readonly mailbox: Mailbox
  readonly path: readonly string[]
}

/** Every mailbox with the names from the top down to it, parents before children. */
export function placeMailboxes(mailboxes: readonly Mailbox[]): PlacedMailbox[] {
  const byId = new Map(mailboxes.map((mailbox) => [mailbox.id, mailbox]))
  return mailboxes
    .map((mailbox) => ({ mailbox, path: pathOf(mailbox, byId) }))
    .toSorted((one, other) => one.path.length - other.path.length)
}

function pathOf(mailbox: Mailbox, byId: ReadonlyMap<MailboxId, Mailbox>): string[] {
  const path: string[] = []
  for (let at: Mailbox | undefined = mailbox; at !== undefined;) {
    path.unshift(at.name)
    at = at.parentId === null ? undefined : byId.get(at.parentId)
  }
  return path
}
