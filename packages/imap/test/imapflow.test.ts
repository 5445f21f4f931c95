import { describe, expect, it } from 'vitest'

import { ImapFixture } from './imap-fixture.ts'
import { expectedReport, runScenario } from './imapflow-scenario.ts'

describe('ImapFlow', () => {
  it('does everything that a mail program does', async () => {
    await using imap = await ImapFixture.open()
    expect(await runScenario(imap.ports.imaps)).toEqual(expectedReport)
  })

  it('upgrades with STARTTLS', async () => {
    await using imap = await ImapFixture.open()
    const flow = imap.flow({ port: imap.ports.imap, secure: false })
    await flow.connect()
    expect(flow.secureConnection).toBe(true)
    await flow.logout()
  })

  it('understands a refused login', async () => {
    await using imap = await ImapFixture.open()
    const flow = imap.flow({ auth: { user: 'me@example.test', pass: 'wrong' } })
    await expect(flow.connect()).rejects.toMatchObject({ authenticationFailed: true })
  })

  it('sees what comes in by another door, and goes when the server stops', async () => {
    await using imap = await ImapFixture.open()
    const flow = imap.flow()
    await flow.connect()
    await flow.mailboxOpen('INBOX')
    const arrived = new Promise((resolve) => flow.once('exists', resolve))
    void flow.idle()
    await imap.add('Subject: one\n\nx')
    expect(await arrived).toMatchObject({ count: 1, prevCount: 0 })
    const closed = new Promise<void>((resolve) => flow.once('close', () => resolve()))
    flow.on('error', () => undefined)
    await imap.stop()
    await closed
  })
})
