import type { MailboxRole } from '@gatepost/core'

/** What other programs call their mailboxes with a role, in lower case. */
const names: ReadonlyMap<string, MailboxRole> = new Map([
  ['drafts', 'drafts'],
  ['draft', 'drafts'],
  ['entwürfe', 'drafts'],
  ['sent', 'sent'],
  ['sent mail', 'sent'],
  ['sent-mail', 'sent'],
  ['sent items', 'sent'],
  ['sent messages', 'sent'],
  ['gesendet', 'sent'],
  ['gesendete objekte', 'sent'],
  ['gesendete elemente', 'sent'],
  ['trash', 'trash'],
  ['deleted items', 'trash'],
  ['deleted messages', 'trash'],
  ['bin', 'trash'],
  ['papierkorb', 'trash'],
  ['gelöschte objekte', 'trash'],
  ['gelöschte elemente', 'trash'],
  ['junk', 'junk'],
  ['junk e-mail', 'junk'],
  ['junk email', 'junk'],
  ['spam', 'junk'],
  ['bulk mail', 'junk'],
  ['archive', 'archive'],
  ['archives', 'archive'],
  ['archiv', 'archive'],
])

/** RFC 6154 by name, for programs that do not say it: of a mailbox at the top. */
export function roleByName(name: string): MailboxRole | undefined {
  return names.get(name.normalize('NFC').toLowerCase())
}
