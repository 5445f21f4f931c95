import type { Account, AddedEmail, Mailbox } from '@gatepost/core'

import { addTo } from './add-emails.ts'
import {
  addTestAccount,
  mailboxWithRole,
  type OpenStoreFixture,
  type StoreFixture,
} from './store-fixture.ts'

export const messages: readonly Buffer[] = [
  'Message-ID: <1@x>\r\nFrom: Zoë Ärger <zoe@one.test>\r\nTo: me@example.test\r\nSubject: Re: Apple\r\nDate: Sat, 01 Jan 2022 23:30:00 -0500\r\n\r\nÜber den Wolken',
  'From: bob@two.test\r\nCc: carol@three.test\r\nSubject: =?utf-8?q?B=C3=A4r?=\r\nDate: Sun, 02 Jan 2022 10:00:00 +0000\r\nX-Odd: needle\r\n\r\nplain 100% _text_',
  'Message-ID: <3@x>\r\nReferences: <1@x>\r\nFrom: Adam <adam@four.test>\r\nBcc: dan@five.test\r\nSubject: apple\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhi\r\n--b\r\nContent-Type: application/pdf; name=plan.pdf\r\nContent-Disposition: attachment; filename=plan.pdf\r\n\r\nx\r\n--b--\r\n',
].map((text) => Buffer.from(text))

export interface Searched {
  readonly store: StoreFixture
  readonly account: Account
  readonly inbox: Mailbox
  readonly added: readonly AddedEmail[]
}

/** Three emails in INBOX, with keywords k1 to k3, the second one marked as deleted; the first and the third are a thread. */
export async function withMessages(open: OpenStoreFixture): Promise<Searched> {
  const store = await open()
  const account = await addTestAccount(store)
  const inbox = await mailboxWithRole(store, account, 'inbox')
  const added: AddedEmail[] = []
  for (const [at, content] of messages.entries())
    added.push(
      await addTo(store, account, [inbox], {
        content,
        keywords: [`k${at + 1}`],
        isDeleted: at === 1,
        receivedAt: (at + 1) * 1_000,
      }),
    )
  return { store, account, inbox, added }
}
