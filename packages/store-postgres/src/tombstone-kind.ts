/** What `tombstone.kind` says. */
export const tombstoneKind = { email: 1, mailbox: 2, thread: 3 } as const
