import { deepEqual, equal } from 'node:assert/strict'

import { JamClient } from 'jmap-jam'

import { deliver } from '../mail/support/smtp-delivery.ts'
import { password, type TestServer } from '../support/test-server.ts'
import { type ClientSession, needsNothing } from './client-session.ts'

/** Reads by references, opens an attached message, labels, writes a draft and sends it. */
export const jmapJam: ClientSession = { client: 'jmap-jam', lacks: needsNothing, run }

const asked =
  'From: a@example.org\r\nSubject: asked\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n' +
  '--b\r\n\r\nwhat?\r\n--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n' +
  `${Buffer.from('Subject: inside\r\n\r\nthis\r\n').toString('base64')}\r\n--b--\r\n`

async function run(server: TestServer): Promise<void> {
  await deliver(server.port('mx'), asked)
  const jam = open(server)
  const accountId = await jam.getPrimaryAccount()
  const [{ list: mailboxes }] = await jam.api.Mailbox.get({ accountId, ids: null })
  const idOf = (role: string): string => mailboxes.find((one) => one.role === role)?.id ?? ''

  const [{ emails }] = await jam.requestMany((t) => {
    const query = t.Email.query({ accountId, filter: { inMailbox: idOf('inbox') } })
    return {
      query,
      emails: t.Email.get({ accountId, ids: query.$ref('/ids'), properties: ['id', 'subject'] }),
    }
  })
  deepEqual(
    emails.list.map(({ subject }) => subject),
    ['asked'],
  )
  const id = emails.list[0]?.id ?? ''
  const [got] = await jam.api.Email.get({ accountId, ids: [id], properties: ['attachments'] })
  const blobId = got.list[0]?.attachments?.[0]?.blobId ?? ''
  const opened = { accountId, blobIds: [blobId], properties: ['subject'] }
  const [{ parsed }] = await jam.api.Email.parse(opened)
  deepEqual(parsed, { [blobId]: { subject: 'inside' } })
  await jam.api.Email.set({ accountId, update: { [id]: { 'keywords/$seen': true } } })

  const [identities] = await jam.api.Identity.get({ accountId, ids: null })
  const [{ sent }] = await jam.requestMany((t) => {
    const draft = t.Email.set({
      accountId,
      create: {
        draft: {
          mailboxIds: { [idOf('drafts')]: true },
          keywords: { $draft: true },
          from: [{ name: 'Me', email: 'me@example.test' }],
          to: [{ name: null, email: 'you@example.test' }],
          subject: 'sent by jam',
          bodyValues: { t: { value: 'sweet' } },
          textBody: [{ partId: 't', type: 'text/plain' }],
        },
      },
    })
    const submission = t.EmailSubmission.set({
      accountId,
      create: { s: { emailId: '#draft', identityId: identities.list[0]?.id ?? '' } },
      onSuccessUpdateEmail: {
        '#s': { mailboxIds: { [idOf('sent')]: true }, 'keywords/$draft': null },
      },
    })
    return { draft, sent: submission }
  })
  // Of the two answers to that call it shows the second: the update of the draft.
  equal(Object.keys(sent.updated ?? {}).length, 1)
  const you = open(server, 'you@example.test')
  const theirs = await you.getPrimaryAccount()
  const [found] = await you.api.Email.query({
    accountId: theirs,
    filter: { subject: 'sent by jam' },
  })
  equal(found.ids.length, 1)
}

/** It knows bearer tokens alone, but sends what its field says. */
function open(server: TestServer, user = 'me@example.test'): JamClient {
  const jam = new JamClient({ sessionUrl: 'data:application/json,{}', bearerToken: '' })
  jam.authHeader = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  const url = `http://127.0.0.1:${server.port('http')}/.well-known/jmap`
  jam.session = JamClient.loadSession(url, jam.authHeader)
  return jam
}
