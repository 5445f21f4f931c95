import type { MailboxRole } from '@gatepost/core'
import type { ImapFlow, ListResponse } from 'imapflow'

import type { SourcePlace } from '../mail-item.ts'
import { maxDepth, maxFolders, type SourceReport } from '../skipped-files.ts'

/** A mailbox of the other server that has messages, or may have. */
export interface ImapFolder extends SourcePlace {
  /** As the server names it, without its encoding. */
  readonly imapPath: string
  readonly messages: number
  /** Gmail's: all messages with their labels, instead of a mailbox for each label. */
  readonly hasLabels: boolean
}

// RFC 6154 section 2; what XLIST calls \Inbox.
const roles: Readonly<Record<string, MailboxRole>> = {
  '\\Inbox': 'inbox',
  '\\Archive': 'archive',
  '\\Drafts': 'drafts',
  '\\Junk': 'junk',
  '\\Sent': 'sent',
  '\\Trash': 'trash',
}
const virtual = new Set(['\\All', '\\Flagged', '\\Important'])

/** The person's own mailboxes. Told of are those that are left out. */
export async function listFolders(flow: ImapFlow, report: SourceReport): Promise<ImapFolder[]> {
  const listed = await flow.list({ statusQuery: { messages: true } })
  const isGmail =
    flow.capabilities.has('X-GM-EXT-1') && listed.some((entry) => specialUse(entry) === '\\All')
  const found: ImapFolder[] = []
  for (const entry of listed) {
    const { path: imapPath, delimiter, flags } = entry
    if (flags.has('\\Noselect') || flags.has('\\NonExistent')) continue
    const use = specialUse(entry)
    const reason = isOthers(flow, imapPath) ? 'a mailbox of others' : leftOut(use, isGmail)
    if (reason !== undefined) {
      if (reason !== '') report.skip(imapPath, reason)
      continue
    }
    const path = levelsOf(imapPath, delimiter, flow.namespace?.prefix ?? '')
    if (path.length > maxDepth || found.length >= maxFolders) {
      report.fail(imapPath, path.length > maxDepth ? 'too deep' : 'too many mailboxes')
      continue
    }
    const role = use === undefined ? undefined : roles[use]
    found.push({
      key: imapPath,
      imapPath,
      path,
      known: {
        path,
        isSubscribed: isSubscribed(entry),
        sortOrder: 0,
        ...(role === undefined ? {} : { role }),
      },
      messages: entry.status?.messages ?? 0,
      hasLabels: isGmail && use === '\\All',
    })
  }
  return found
}

/** The library leaves it out, in spite of its type, where nobody subscribed. */
function isSubscribed({ subscribed }: Partial<ListResponse>): boolean {
  return subscribed ?? false
}

/** What the server itself says; names are told apart where all sources are. */
function specialUse({ specialUse: use, specialUseSource }: ListResponse): string | undefined {
  return specialUseSource === 'extension' ? use : undefined
}

/** Why a mailbox is not read; '' when nothing of it is lost. */
function leftOut(use: string | undefined, isGmail: boolean): string | undefined {
  // There, all but spam and trash is in \All, with labels that say where else.
  if (isGmail) return use === '\\All' || use === '\\Junk' || use === '\\Trash' ? undefined : ''
  return use !== undefined && virtual.has(use)
    ? `a view of messages in other mailboxes (${use})`
    : undefined
}

function isOthers({ namespaces }: ImapFlow, path: string): boolean {
  const foreign = [...(namespaces?.other || []), ...(namespaces?.shared || [])]
  return foreign.some(({ prefix }) => prefix !== '' && path.startsWith(prefix))
}

/** Where all mailboxes are below INBOX, that level says nothing. */
function levelsOf(path: string, delimiter: string, prefix: string): string[] {
  const own = prefix !== '' && path.startsWith(prefix) ? path.slice(prefix.length) : path
  const levels = (delimiter === '' ? [own] : own.split(delimiter)).filter((level) => level !== '')
  const [first = path, ...below] = levels
  return [first.toUpperCase() === 'INBOX' ? 'INBOX' : first, ...below]
}
