import { expect, it } from 'vitest'

import { parseGmailLabels } from './gmail-field.ts'

it.each<[string, string[][], string[]]>([
  ['Inbox,Important,Opened,Category Personal', [['INBOX']], ['$important', '$seen']],
  ['Inbox,Unread,Starred', [['INBOX']], ['$flagged']],
  ['Archived,Opened', [['Archive']], ['$seen']],
  ['', [['Archive']], ['$seen']],
  ['Sent,Work/Plans/2025,Opened', [['Sent'], ['Work', 'Plans', '2025']], ['$seen']],
  ['Archived,Work', [['Work']], ['$seen']],
  ['Spam,Work,Unread', [['Junk']], []],
  ['Trash,Inbox', [['Trash']], ['$seen']],
  ['Draft', [['Drafts']], ['$draft', '$seen']],
  ['Sent,IMAP_$Forwarded', [['Sent']], ['$Forwarded', '$seen']],
  ['"Culture, associations","a \\"b\\""', [['Culture, associations'], ['a "b"']], ['$seen']],
  ['Kategorie: "Neuigkeiten", Posteingang, Wichtig, Ungelesen', [['INBOX']], ['$important']],
  [
    '=?UTF-8?Q?Messages_archiv=C3=A9s,Ouvert,Cat=C3=A9gorie=C2=A0:_E-mails_?=\r\n =?UTF-8?Q?personnels,Bo=C3=AEte_de_r=C3=A9ception,Amis/Zo=C3=A9?=',
    [['INBOX'], ['Amis', 'Zoé']],
    ['$seen'],
  ],
])('%s', (value, mailboxes, keywords) => {
  const labels = parseGmailLabels(value)
  expect(labels.mailboxes).toEqual(mailboxes)
  expect(labels.keywords.toSorted()).toEqual(keywords)
})

it('is read in a time that grows with its length', () => {
  for (const piece of ['"a,', '"', ',', ' ', '"\\"', '=?UTF-8?Q?a?= ']) {
    const startedAt = performance.now()
    parseGmailLabels(piece.repeat(65_536))
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  }
})
