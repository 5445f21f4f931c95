/** What Gmail's own labels say of a message. */
export type GmailMeaning =
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
const names: Readonly<Record<GmailMeaning, readonly string[]>> = {
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
/** By their names in lower case. */
const meanings: ReadonlyMap<string, GmailMeaning> = new Map(
  (Object.keys(names) as GmailMeaning[]).flatMap((meaning) =>
    names[meaning].map((name): [string, GmailMeaning] => [name.toLowerCase(), meaning]),
  ),
)

export function gmailMeaning(label: string): GmailMeaning | undefined {
  return meanings.get(label.toLowerCase())
}
