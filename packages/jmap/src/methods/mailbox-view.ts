import type { Mailbox } from '@gatepost/core'

import type { ServedAccount } from '../account-access.ts'

/** A Mailbox object (RFC 8621 section 2). */
export interface MailboxView {
  readonly id: string
  readonly name: string
  readonly parentId: string | null
  readonly role: string | null
  readonly sortOrder: number
  readonly totalEmails: number
  readonly unreadEmails: number
  readonly totalThreads: number
  readonly unreadThreads: number
  readonly myRights: typeof ownRights
  readonly isSubscribed: boolean
}

/** The owner may do everything. */
const ownRights: Readonly<Record<string, boolean>> = {
  mayReadItems: true,
  mayAddItems: true,
  mayRemoveItems: true,
  maySetSeen: true,
  maySetKeywords: true,
  mayCreateChild: true,
  mayRename: true,
  mayDelete: true,
  maySubmit: true,
}
const inboxRights: Readonly<Record<string, boolean>> = { mayRename: false, mayDelete: false }
/** Of somebody else's: only the owner sends. */
const sharedRights: Readonly<Record<string, boolean>> = { maySubmit: false }
const readOnlyRights: Readonly<Record<string, boolean>> = {
  ...Object.fromEntries(Object.keys(ownRights).map((right) => [right, false])),
  mayReadItems: true,
}

export const mailboxProperties: readonly (keyof MailboxView)[] = [
  'id',
  'name',
  'parentId',
  'role',
  'sortOrder',
  'totalEmails',
  'unreadEmails',
  'totalThreads',
  'unreadThreads',
  'myRights',
  'isSubscribed',
]

export function viewMailbox(mailbox: Mailbox, served: Omit<ServedAccount, 'account'>): MailboxView {
  return {
    id: mailbox.id,
    // RFC 8621 section 2 leaves the name to us; clients show the role's own name anyway.
    name: mailbox.name,
    parentId: mailbox.parentId,
    role: mailbox.role,
    sortOrder: mailbox.sortOrder,
    totalEmails: mailbox.totalEmails,
    unreadEmails: mailbox.unreadEmails,
    totalThreads: mailbox.totalThreads,
    unreadThreads: mailbox.unreadThreads,
    myRights: {
      ...ownRights,
      ...(mailbox.role === 'inbox' ? inboxRights : {}),
      ...(served.isPersonal ? {} : sharedRights),
      ...(served.isReadOnly ? readOnlyRights : {}),
    },
    isSubscribed: mailbox.isSubscribed,
  }
}
