import { ImapFlow, type ImapFlowOptions } from 'imapflow'

import { password } from '../../support/test-server.ts'

/** ImapFlow, logged in over TLS. Disposing it closes the connection. */
export async function connectImap(
  port: number,
  options: Partial<ImapFlowOptions> = {},
): Promise<ImapFlow & AsyncDisposable> {
  const flow = new ImapFlow({
    host: '127.0.0.1',
    port,
    secure: true,
    auth: { user: 'me@example.test', pass: password },
    tls: { rejectUnauthorized: false },
    logger: false,
    ...options,
  })
  await flow.connect()
  return Object.assign(flow, {
    [Symbol.asyncDispose]: async () => {
      flow.on('error', () => undefined)
      flow.close()
    },
  })
}

/** Every message of a mailbox as it is stored, in the order of UIDs; one character for each byte. */
export async function messagesIn(flow: ImapFlow, mailbox: string): Promise<string[]> {
  const lock = await flow.getMailboxLock(mailbox)
  try {
    const sources: string[] = []
    if (flow.mailbox === false || flow.mailbox.exists === 0) return sources
    for await (const { source } of flow.fetch('1:*', { source: true }))
      sources.push(source?.toString('latin1') ?? '')
    return sources
  } finally {
    lock.release()
  }
}
