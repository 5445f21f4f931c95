import { setImmediate } from 'node:timers/promises'

import { expect, it, vi } from 'vitest'

import { ImapFixture } from './imap-fixture.ts'

const sessions = 12

it('tells sessions in IDLE of a mail in turns: one that woke thousands was answered after seconds', async () => {
  await using imap = await ImapFixture.open()
  const idlers = await Promise.all(
    Array.from({ length: sessions }, async () => {
      const idler = await imap.user('INBOX')
      const tag = idler.start('IDLE')
      expect(await idler.response()).toBe('+ idling')
      return { idler, tag }
    }),
  )
  const told = Promise.all(idlers.map(({ idler }) => idler.response()))
  const { mail } = imap.store
  const read = mail.read.bind(mail)
  let readsOfTurn = 0
  let most = 0
  using _ = vi.spyOn(mail, 'read').mockImplementation((account, use) => {
    most = Math.max(most, (readsOfTurn += 1))
    return read(account, use)
  })
  const turns = new AbortController()
  const counting = (async () => {
    while (!turns.signal.aborted) {
      await setImmediate()
      readsOfTurn = 0
    }
  })()
  await imap.add('Subject: x\n\nx')
  expect(await told).toEqual(Array.from({ length: sessions }, () => '* 1 EXISTS'))
  turns.abort()
  await counting
  // Each session reads what has changed, and which keywords are new.
  expect(most).toBeLessThanOrEqual(4)
  for (const { idler, tag } of idlers) {
    idler.send('DONE\r\n')
    expect((await idler.answer(tag)).status).toBe('OK IDLE completed')
  }
}, 60_000)
