import {
  allRights,
  type Account,
  type AccountId,
  type BlobId,
  type ChangeFeed,
  type Directory,
  type DirectoryAdmin,
  type Mailbox,
  type MailboxId,
  type MailboxRole,
  type MailReader,
  type MailStore,
  type PrincipalId,
  type Queue,
  type QueueAdmin,
  type Rights,
  type Uid,
} from '@gatepost/core'

/** An empty store behind its ports, with what the suites need to turn. Local domains are `example.test` and `other.test`. */
export interface StoreFixture extends AsyncDisposable {
  readonly mail: MailStore
  readonly changes: ChangeFeed
  readonly directory: Directory & DirectoryAdmin
  readonly queue: Queue & QueueAdmin
  /** What the store takes for the time, in milliseconds since 1970. */
  setNow(now: number): void
  readonly sharing: Sharing
}
export type OpenStoreFixture = () => Promise<StoreFixture>

/** As much of it as the suites of mail need: an adapter may have no more yet. */
export interface MailFixture extends AsyncDisposable {
  readonly mail: Omit<MailStore, 'search' | 'searchMailbox'>
  readonly directory: Pick<Directory, 'accounts'> &
    Pick<DirectoryAdmin, 'addAccount' | 'setQuota' | 'deleteAccount'>
  readonly queue: Pick<Queue, 'content'>
  setNow(now: number): void
  readonly sharing: Sharing
}
export type OpenMailFixture = () => Promise<MailFixture>

/** Who has access to an account beside its owner. */
export interface Sharing {
  /** With the owner of another account; answers as whom they see it. */
  share(account: Account, viewer: Account): Promise<PrincipalId>
  unshare(account: Account, viewer: Account): Promise<void>
}

export function sharingOf(directory: Directory & DirectoryAdmin): Sharing {
  const set = (account: Account, viewer: Account, rights: Rights): Promise<void> =>
    directory.setAccess({ account: account.address, principal: viewer.address, rights })
  return {
    share: async (account, viewer) => {
      await set(account, viewer, allRights)
      const record = await directory.login(viewer.address)
      if (record === undefined) throw new Error(`nobody logs in as ${viewer.address}`)
      return record.access.principal.id
    },
    unshare: (account, viewer) => set(account, viewer, new Set()),
  }
}

export function addTestAccount(store: MailFixture, name = 'me'): Promise<Account> {
  return store.directory.addAccount(`${name}@example.test`, { hash: '$argon2id$none' })
}

/** With what it has used by now. */
export async function accountNow(
  { directory }: Pick<MailFixture, 'directory'>,
  { id }: Pick<Account, 'id'>,
): Promise<Account | undefined> {
  return (await directory.accounts([id])).get(id)
}

export async function mailboxWithRole(
  store: MailFixture,
  account: Account,
  role: MailboxRole,
): Promise<Mailbox> {
  const found = await store.mail.read(account.id, async ({ mailboxes }) =>
    (await mailboxes.list()).find((mailbox) => mailbox.role === role),
  )
  if (found === undefined) throw new Error(`no mailbox with role ${role}`)
  return found
}

export async function currentMailbox(
  store: MailFixture,
  account: Account,
  mailbox: Mailbox,
): Promise<Mailbox> {
  const [found] = await store.mail.read(account.id, ({ mailboxes }) => mailboxes.get([mailbox.id]))
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

/** A range of content that the account has; all of it when no range is given. */
export async function blobBytes(
  { mail }: Pick<MailFixture, 'mail'>,
  account: AccountId,
  { id, start = 0, end = Number.MAX_SAFE_INTEGER }: BlobToRead,
): Promise<Buffer | undefined> {
  const [bytes] = await mail.read(account, ({ blobs }) => blobs.ranges([{ id, start, end }]))
  return bytes
}

export interface BlobToRead {
  readonly id: BlobId
  readonly start?: number
  readonly end?: number
}

/** All UIDs of a small mailbox. */
export function uidsOfMailbox({ memberships }: MailReader, mailbox: MailboxId): Promise<Uid[]> {
  return memberships.uids(mailbox, 0, 10_000)
}

/** The content of a mailbox of 1,000 messages at most, by UID. */
export function contentsOf(
  mail: Pick<MailStore, 'read'>,
  account: AccountId,
  mailbox: MailboxId,
): Promise<Buffer[]> {
  return mail.read(account, async ({ memberships, blobs }) => {
    const page = await memberships.page(mailbox, 0, 1_000)
    const found = await blobs.ranges(
      page.map(({ blobId: id, size }) => ({ id, start: 0, end: size })),
    )
    return found.map((content) => content ?? Buffer.alloc(0))
  })
}
