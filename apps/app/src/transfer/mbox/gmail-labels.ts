import { decodeWords, unfold } from '@gatepost/mime'

/** What the labels of a message in Gmail say. */
export interface GmailLabels {
  /** Paths of mailboxes; the first one is Gmail's own place for it, or else a label of its owner. */
  readonly mailboxes: MailboxPaths
  readonly keywords: readonly string[]
}

export type MailboxPaths = readonly [readonly string[], ...(readonly string[])[]]

/** Of one message: Gmail takes fewer. */
const maxLabels = 200
const maxValueLength = 65_536

type Meaning =
  | 'inbox'
  | 'sent'
  | 'drafts'
  | 'junk'
  | 'trash'
  | 'archive'
  | 'flagged'
  | 'important'
  | 'unread'
  | 'read'

/** As Takeout writes them, in the language of the account. */
const names: Readonly<Record<Meaning, readonly string[]>> = {
  inbox: [
    'Inbox',
    'Posteingang',
    'Boîte de réception',
    'Recibidos',
    'Posta in arrivo',
    'Caixa de entrada',
    'Postvak IN',
    'Inkorgen',
    'Odebrane',
  ],
  sent: [
    'Sent',
    'Gesendet',
    'Messages envoyés',
    'Envoyé',
    'Envoyés',
    'Enviados',
    'Enviado',
    'Posta inviata',
    'Inviati',
    'Verzonden',
    'Skickat',
    'Wysłane',
  ],
  drafts: [
    'Draft',
    'Drafts',
    'Entwurf',
    'Entwürfe',
    'Brouillon',
    'Brouillons',
    'Borrador',
    'Borradores',
    'Bozza',
    'Bozze',
    'Rascunho',
    'Rascunhos',
    'Concept',
    'Concepten',
    'Utkast',
    'Wersje robocze',
  ],
  junk: ['Spam', 'Posta indesiderata', 'Skräppost'],
  trash: [
    'Trash',
    'Bin',
    'Papierkorb',
    'Corbeille',
    'Papelera',
    'Cestino',
    'Lixeira',
    'Lixo',
    'Prullenbak',
    'Papperskorgen',
    'Kosz',
  ],
  archive: [
    'Archived',
    'Archiviert',
    'Messages archivés',
    'Archivés',
    'Archivado',
    'Archivados',
    'Archiviati',
    'Arquivado',
    'Arquivados',
    'Gearchiveerd',
    'Arkiverat',
    'Zarchiwizowane',
  ],
  flagged: [
    'Starred',
    'Markiert',
    'Suivis',
    'Messages suivis',
    'Destacado',
    'Destacados',
    'Speciali',
    'Com estrela',
    'Met ster',
    'Stjärnmärkt',
    'Oznaczone gwiazdką',
  ],
  important: [
    'Important',
    'Wichtig',
    'Importante',
    'Importanti',
    'Importantes',
    'Belangrijk',
    'Viktigt',
    'Ważne',
  ],
  unread: [
    'Unread',
    'Ungelesen',
    'Non lus',
    'Non lu',
    'No leído',
    'No leídos',
    'Da leggere',
    'Não lidas',
    'Não lido',
    'Ongelezen',
    'Oläst',
    'Nieprzeczytane',
  ],
  read: [
    'Opened',
    'Geöffnet',
    'Ouvert',
    'Abierto',
    'Abiertos',
    'Aperti',
    'Abertas',
    'Aberto',
    'Geopend',
    'Öppnade',
    'Otwarte',
  ],
}
const meanings: ReadonlyMap<string, Meaning> = new Map(
  (Object.keys(names) as Meaning[]).flatMap((meaning) =>
    names[meaning].map((name): [string, Meaning] => [name.toLowerCase(), meaning]),
  ),
)
const keywordOf: Readonly<Partial<Record<Meaning, string>>> = {
  drafts: '$draft',
  flagged: '$flagged',
  important: '$important', // RFC 8457
}

/** Gmail's tabs, which every message is in: no mailboxes. */
const category =
  /^(?:Category (?:Personal|Social|Promotions|Updates|Forums|Travel|Purchases|Reservations)|(?:Kategorie|Catégorie|Categoría|Categoria|Categorie|Kategori|Kategoria)\s?: .*)$/i

/** `value`: of the header field X-Gmail-Labels, one character for each byte. Without a label that is a place, a message is in the archive. */
export function parseGmailLabels(value: string): GmailLabels {
  const text = decodeWords(unfold(utf8(value.slice(0, maxValueLength))).trim())
  const found = new Set<Meaning>()
  const own = new Map<string, readonly string[]>()
  const keywords = new Set<string>()
  for (const label of splitLabels(text)) {
    const meaning = meanings.get(label.toLowerCase())
    const imapKeyword = /^IMAP_(\S+)$/.exec(label)?.[1]
    if (meaning !== undefined) found.add(meaning)
    else if (imapKeyword !== undefined) keywords.add(imapKeyword)
    else if (!category.test(label)) {
      const path = label.split('/').filter((level) => level !== '')
      if (path.length > 0) own.set(path.join('/'), path)
    }
  }
  if (!found.has('unread')) keywords.add('$seen')
  for (const meaning of found) {
    const keyword = keywordOf[meaning]
    if (keyword !== undefined) keywords.add(keyword)
  }
  return { mailboxes: placesOf(found, [...own.values()]), keywords: [...keywords] }
}

/** Trash and spam are in no other mailbox; the archive is for what is nowhere else. */
function placesOf(found: ReadonlySet<Meaning>, own: readonly (readonly string[])[]): MailboxPaths {
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

/** Separated by commas; a label with a comma in it is between quotation marks. */
function splitLabels(text: string): string[] {
  return Array.from(text.matchAll(/\s*(?:"((?:[^"\\]|\\.)*)"\s*(?=,|$)|([^,]*))(?:,|$)/g))
    .slice(0, maxLabels)
    .map(([, quoted, plain = '']) =>
      (quoted?.replaceAll(/\\(.)/g, '$1') ?? plain).normalize('NFC').trim(),
    )
    .filter((label) => label !== '')
}

function utf8(value: string): string {
  return Buffer.from(value, 'latin1').toString('utf8')
}
