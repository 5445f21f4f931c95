import { ImapFlow, type FetchMessageObject } from 'imapflow'

import { password, user } from './imap-server.ts'

const text = (body: string): string =>
  `From: me@example.test\r\nTo: me@example.test\r\nSubject: ${body}\r\n\r\n${body}\r\n`

export interface ScenarioReport {
  readonly mailboxes: readonly string[]
  readonly specialUses: readonly string[]
  readonly subjects: readonly string[]
  readonly source: string
  readonly flags: readonly string[]
  readonly unseenUids: readonly number[]
  readonly copied: readonly [number, number][]
  readonly movedTo: string
  readonly left: number
  readonly seenByIdle: number
  readonly enabled: readonly string[]
}

/** Everything a mail program does, done with ImapFlow on a fresh account. */
export async function runScenario(port: number): Promise<ScenarioReport> {
  const flow = connection(port)
  const watcher = connection(port)
  await Promise.all([flow.connect(), watcher.connect()])
  try {
    await flow.mailboxCreate(['Projects', 'Größe'])
    await flow.mailboxSubscribe('Projects/Größe')
    const list = await flow.list()
    await watcher.mailboxOpen('INBOX')
    const arrived = new Promise<number>((resolve) => {
      watcher.on('exists', ({ count }) => {
        if (count === 4) resolve(count)
      })
    })
    void watcher.idle()
    for (const body of ['one', 'two', 'three', 'four'])
      await flow.append('INBOX', text(body), body === 'two' ? ['\\Seen'] : [])
    const seenByIdle = await arrived
    const messages = await work(flow)
    await flow.mailboxRename(['Projects'], ['Work'])
    await flow.mailboxDelete('Work/Größe')
    return {
      mailboxes: list.map(({ path }) => path),
      specialUses: list.flatMap(({ specialUse }) => specialUse ?? []),
      enabled: [...flow.enabled],
      seenByIdle,
      ...messages,
    }
  } finally {
    await Promise.all([flow.logout(), watcher.logout()])
  }
}

async function work(
  flow: ImapFlow,
): Promise<Omit<ScenarioReport, 'mailboxes' | 'specialUses' | 'enabled' | 'seenByIdle'>> {
  const lock = await flow.getMailboxLock('INBOX')
  try {
    const messages: FetchMessageObject[] = []
    for await (const message of flow.fetch('1:*', {
      envelope: true,
      bodyStructure: true,
      flags: true,
      internalDate: true,
      size: true,
      threadId: true,
    }))
      messages.push(message)
    const first = await flow.fetchOne('1', { source: true })
    const source = first === false ? '' : (first.source?.toString('latin1') ?? '')
    await flow.messageFlagsAdd('1', ['\\Flagged', '$Label1'])
    const flagged = await flow.fetchOne('1', { flags: true })
    const unseen = await flow.search({ seen: false }, { uid: true })
    const copied = await flow.messageCopy('1:2', 'Archive')
    const moved = await flow.messageMove('3', 'Projects/Größe')
    await flow.messageDelete('1')
    const status = await flow.status('INBOX', { messages: true })
    return {
      subjects: messages.map(({ envelope }) => envelope?.subject ?? ''),
      source,
      flags: flagged === false ? [] : [...(flagged.flags ?? [])],
      unseenUids: unseen === false || unseen === undefined ? [] : unseen,
      copied: copied === false ? [] : [...(copied.uidMap ?? [])],
      movedTo: moved === false ? '' : moved.destination,
      left: status === false ? -1 : (status.messages ?? -1),
    }
  } finally {
    lock.release()
  }
}

function connection(port: number): ImapFlow {
  return new ImapFlow({
    host: '127.0.0.1',
    port,
    secure: true,
    auth: { user, pass: password },
    tls: { rejectUnauthorized: false },
    logger: false,
  })
}

/** What has to come of it. */
export const expectedReport: ScenarioReport = {
  mailboxes: ['INBOX', 'Sent', 'Drafts', 'Archive', 'Junk', 'Trash', 'Projects', 'Projects/Größe'],
  specialUses: ['\\Inbox', '\\Sent', '\\Drafts', '\\Archive', '\\Junk', '\\Trash'],
  enabled: ['CONDSTORE'],
  seenByIdle: 4,
  subjects: ['one', 'two', 'three', 'four'],
  source: text('one'),
  flags: ['\\Flagged', '$Label1'],
  unseenUids: [1, 3, 4],
  copied: [
    [1, 1],
    [2, 2],
  ],
  movedTo: 'Projects/Größe',
  left: 2,
}
