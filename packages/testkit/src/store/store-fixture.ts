import type {
  Account,
  ChangeFeed,
  Directory,
  DirectoryAdmin,
  Mailbox,
  MailboxRole,
  MailStore,
  Queue,
  QueueAdmin,
} from '@gatepost/core'

/** An empty store behind its ports, with what the suites need to turn. Local domains are `example.test` and `other.test`. */
export interface StoreFixture extends AsyncDisposable {
  readonly mail: MailStore
  readonly changes: ChangeFeed
  readonly directory: Directory & DirectoryAdmin
  readonly queue: Queue & QueueAdmin
  /** What the store takes for the time, in milliseconds since 1970. */
  setNow(now: number): void
}
export type OpenStoreFixture = () => Promise<StoreFixture>

export function addTestAccount(store: StoreFixture, name = 'me'): Promise<Account> {
  return store.directory.addAccount(`${name}@example.test`, '$argon2id$none')
}

export function mailboxWithRole(store: StoreFixture, account: Account, role: MailboxRole): Mailbox {
  const found = store.mail.read(account.id, ({ mailboxes }) =>
    mailboxes.list().find((mailbox) => mailbox.role === role),
  )
  if (found === undefined) throw new Error(`no mailbox with role ${role}`)
  return found
}

export function currentMailbox(store: StoreFixture, account: Account, mailbox: Mailbox): Mailbox {
  const found = store.mail.read(account.id, ({ mailboxes }) => mailboxes.get(mailbox.id))
  if (found === undefined) throw new Error(`the mailbox ${mailbox.name} is gone`)
  return found
}

export interface TestMessage {
  readonly id?: string
  readonly subject?: string
  readonly references?: readonly string[]
  readonly header?: string
  readonly body?: string
}

/** A small message; fields left out are not there. */
export function testMessage(message: TestMessage = {}): Buffer {
  const lines = [
    ...(message.id === undefined ? [] : [`Message-ID: <${message.id}>`]),
    ...(message.references === undefined
      ? []
      : [`References: ${message.references.map((id) => `<${id}>`).join(' ')}`]),
    ...(message.subject === undefined ? [] : [`Subject: ${message.subject}`]),
    ...(message.header === undefined ? [] : [message.header]),
    '',
    message.body ?? 'body',
  ]
  return Buffer.from(lines.join('\r\n'))
}
