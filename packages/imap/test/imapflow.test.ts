import { describe, expect, it } from 'vitest'

import { ImapFixture } from './imap-fixture.ts'

describe('ImapFlow', () => {
  it('logs in, lists, appends, fetches', async () => {
    await using imap = await ImapFixture.open()
    const flow = imap.flow()
    await flow.connect()
    const list = await flow.list()
    expect(list.map(({ path }) => path)).toEqual(['INBOX', 'Sent', 'Drafts', 'Archive', 'Junk', 'Trash'])
    const lock = await flow.getMailboxLock('INBOX')
    await flow.append('INBOX', 'Subject: hi\r\n\r\nbody\r\n', ['\\Seen'])
    const message = await flow.fetchOne('*', { envelope: true, bodyStructure: true, source: true, flags: true })
    expect(message).toMatchObject({ uid: 1 })
    lock.release()
    await flow.logout()
  })
})
