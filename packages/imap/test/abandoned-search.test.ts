import { MailError } from '@gatepost/core'
import { expect, it, vi } from 'vitest'

import { ImapFixture } from './imap-fixture.ts'

it('a search ends when its client is gone', async () => {
  await using imap = await ImapFixture.open()
  await imap.add('Subject: one\n\nbody')
  const client = await imap.user('INBOX')
  const begun = Promise.withResolvers<void>()
  const ended = Promise.withResolvers<string>()
  vi.spyOn(imap.store.mail, 'searchMailbox').mockImplementation((_account, _query, options) => {
    begun.resolve()
    return new Promise((_resolve, reject) => {
      options?.signal?.addEventListener('abort', () => {
        ended.resolve('ended')
        reject(new MailError('busy', 'search.abandoned', 'abandoned'))
      })
    })
  })
  client.start('SEARCH TEXT anything')
  await begun.promise
  client[Symbol.dispose]()
  await expect(ended.promise).resolves.toBe('ended')
})

it('a search that is one too many of its account is told NO [UNAVAILABLE], one that takes too long NO [LIMIT]', async () => {
  await using imap = await ImapFixture.open()
  const client = await imap.user('INBOX')
  const search = vi.spyOn(imap.store.mail, 'searchMailbox')
  search.mockRejectedValueOnce(new MailError('busy', 'search.tooMany', 'too many'))
  search.mockRejectedValueOnce(new MailError('limit', 'search.tookTooLong', 'too long'))
  expect((await client.ask('SEARCH TEXT anything')).status).toContain('NO [UNAVAILABLE]')
  expect((await client.ask('SEARCH TEXT anything')).status).toContain('NO [LIMIT]')
})
