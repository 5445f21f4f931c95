import { expect, it } from 'vitest'

import { JmapFixture } from './jmap-fixture.ts'

const inner = 'Subject: =?utf-8?q?inn=C3=A9r?=\r\n\r\nbody of it\r\n'

it.each([
  ['base64', Buffer.from(inner).toString('base64')],
  ['quoted-printable', inner.replaceAll('=', '=3D').replace('body', 'bo=\r\ndy')],
  ['7bit', inner],
])(
  'a message that is attached in %s is downloaded decoded, and imported',
  async (encoding, body) => {
    await using jmap = await JmapFixture.open()
    const id = await jmap.add(
      'Subject: outer\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n' +
        `Content-Type: message/rfc822\r\nContent-Transfer-Encoding: ${encoding}\r\n\r\n${body}\r\n--b--\r\n`,
    )
    const { list } = await jmap.call('Email/get', { ids: [id], properties: ['attachments'] })
    const [attached] = (list[0]?.['attachments'] ?? []) as { blobId: string; size: number }[]
    expect(attached).toMatchObject({ type: 'message/rfc822', size: inner.length })
    const blobId = attached?.blobId ?? ''
    const path = `/jmap/download/${jmap.accountId}/${blobId}/inner.eml`
    expect((await jmap.ask({ path })).text).toBe(inner)
    const { created } = await jmap.call('Email/import', {
      emails: { k: { blobId, mailboxIds: { [jmap.boxes['inbox'] ?? '']: true } } },
    })
    const imported = await jmap.call('Email/get', {
      ids: [created['k']?.id],
      properties: ['subject', 'size'],
    })
    expect(imported.list).toMatchObject([{ subject: 'innér', size: inner.length }])
  },
)
