import { type GmailMeaning, gmailMeaning } from './gmail-label-names.ts'

/** Paths of mailboxes; the first one is Gmail's own place for a message, or else a label of its owner. */
export type MailboxPaths = readonly [readonly string[], ...(readonly string[])[]]

/** What the labels of a message in Gmail say. */
export interface GmailLabels {
  readonly mailboxes: MailboxPaths
  readonly keywords: readonly string[]
  readonly isUnread: boolean
}

/** Of one message: Gmail takes fewer. */
const maxLabels = 200

const keywordOf: Readonly<Partial<Record<GmailMeaning, string>>> = {
  drafts: '$draft',
  flagged: '$flagged',
  important: '$important', // RFC 8457
}

/** Gmail's tabs, which every message is in: no mailboxes. */
const category =
  /^(?:Category (?:Personal|Social|Promotions|Updates|Forums|Travel|Purchases|Reservations)|(?:Kategorie|Catégorie|Categoría|Categoria|Categorie|Kategori|Kategoria)\s?: .*)$/i

/** `labels`: as Takeout or as IMAP (`\\Inbox`) has them. A message with none that is a place is in the archive. */
export function readGmailLabels(labels: readonly string[]): GmailLabels {
  const found = new Set<GmailMeaning>()
  const own = new Map<string, readonly string[]>()
  const keywords = new Set<string>()
  for (const label of labels.slice(0, maxLabels)) {
    const meaning = gmailMeaning(label.replace(/^\\/, ''))
    const imapKeyword = /^IMAP_(\S+)$/.exec(label)?.[1]
    if (meaning !== undefined) found.add(meaning)
    else if (imapKeyword !== undefined) keywords.add(imapKeyword)
    else if (!category.test(label)) {
      const path = label.split('/').filter((level) => level !== '')
      if (path.length > 0) own.set(path.join('/'), path)
    }
  }
  for (const meaning of found) {
    const keyword = keywordOf[meaning]
    if (keyword !== undefined) keywords.add(keyword)
  }
  return {
    mailboxes: placesOf(found, [...own.values()]),
    keywords: [...keywords],
    isUnread: found.has('unread'),
  }
}

/** Trash and spam are in no other mailbox; the archive is for what is nowhere else. */
function placesOf(
  found: ReadonlySet<GmailMeaning>,
  own: readonly (readonly string[])[],
): MailboxPaths {
  if (found.has('trash')) return [['Trash']]
  if (found.has('junk')) return [['Junk']]
  const [first, ...others] = [
    ...(found.has('inbox') ? [['INBOX']] : []),
    ...(found.has('drafts') ? [['Drafts']] : []),
    ...(found.has('sent') ? [['Sent']] : []),
    ...own,
  ]
  return first === undefined ? [['Archive']] : [first, ...others]
}
