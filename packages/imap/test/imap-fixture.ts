import type { MailboxId, MailboxRole } from '@gatepost/core'
import type { Spool } from '@gatepost/spool'
import { ImapClient } from '@gatepost/testkit'
import { ImapFlow } from 'imapflow'

import type { ImapLimits } from '../src/index.ts'
import { ImapServer, makeParts, password, user } from './imap-server.ts'

export { password, user } from './imap-server.ts'

/** The server, and clients that end with it. */
export class ImapFixture extends ImapServer {
  static async open(limits: Partial<ImapLimits> = {}, spool?: Spool): Promise<ImapFixture> {
    const fixture = new ImapFixture(await makeParts())
    await fixture.listen(limits, spool)
    return fixture
  }

  /** Greeted. */
  async client(
    listener: 'imap' | 'imaps' = 'imaps',
    options: { readonly localAddress?: string } = {},
  ): Promise<ImapClient> {
    const client = new ImapClient({
      port: this.ports[listener],
      isImplicitTls: listener === 'imaps',
      ...options,
    })
    this.cleanup.defer(() => client[Symbol.dispose]())
    await client.response()
    return client
  }

  /** Logged in over TLS, with a mailbox selected if one is named. */
  async user(mailbox?: string, address: string = user): Promise<ImapClient> {
    const client = await this.client()
    await client.ok(`LOGIN ${address} "${password}"`)
    if (mailbox !== undefined) await client.ok(`SELECT ${mailbox}`)
    return client
  }

  /** Not connected. */
  flow(options: Partial<ConstructorParameters<typeof ImapFlow>[0]> = {}): ImapFlow {
    const flow = new ImapFlow({
      host: '127.0.0.1',
      port: this.ports.imaps,
      secure: true,
      auth: { user, pass: password },
      tls: { rejectUnauthorized: false },
      logger: false,
      ...options,
    })
    this.cleanup.defer(() => flow.close())
    return flow
  }

  async mailbox(role: MailboxRole): Promise<MailboxId> {
    const list = await this.store.mail.read(this.account.id, ({ mailboxes }) => mailboxes.list())
    const found = list.find((mailbox) => mailbox.role === role)
    if (found === undefined) throw new Error(`no mailbox with role ${role}`)
    return found.id
  }

  /** Adds a message, as another protocol would. */
  async add(
    message: string | Uint8Array,
    more: { readonly role?: MailboxRole; readonly keywords?: string[]; readonly at?: number } = {},
  ): Promise<number> {
    const content =
      typeof message === 'string' ? Buffer.from(message.replaceAll(/\r?\n/g, '\r\n')) : message
    const [added] = await this.store.mail.transact(this.account.id, [
      {
        op: 'addEmail',
        content,
        mailboxIds: [await this.mailbox(more.role ?? 'inbox')],
        keywords: more.keywords ?? [],
        receivedAt: more.at ?? 1_700_000_000_000,
      },
    ])
    return added.uids[0]?.uid ?? 0
  }
}
