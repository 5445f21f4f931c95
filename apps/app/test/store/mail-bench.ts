import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import type {
  AccountId,
  Mailbox,
  MailboxId,
  MailboxRole,
  MailReader,
  Membership,
} from '@gatepost/core'
import { openStore, type SqliteStore } from '@gatepost/store-sqlite'

import { placeMailboxes } from '../../src/transfer/mailbox-paths.ts'

export interface SeenMessage {
  readonly content: string
  readonly keywords: readonly string[]
  readonly isDeleted: boolean
  readonly receivedAt: number
  readonly zoneMinutes: number
}
export interface SeenMailbox {
  readonly path: string
  readonly role: MailboxRole | null
  readonly isSubscribed: boolean
  readonly messages: readonly SeenMessage[]
}

/** A store in a folder of its own, used beside the server as a command does. */
export class MailBench implements AsyncDisposable {
  readonly folder: string
  readonly data: string
  readonly store: SqliteStore
  readonly #resources: AsyncDisposableStack

  private constructor(folder: string, store: SqliteStore, resources: AsyncDisposableStack) {
    this.folder = folder
    this.data = join(folder, 'data')
    this.store = store
    this.#resources = resources
  }

  static async open(): Promise<MailBench> {
    await using resources = new AsyncDisposableStack()
    const folder = mkdtempSync(join(tmpdir(), 'gatepost-mail-'))
    resources.defer(() => rmSync(folder, { recursive: true, force: true }))
    const store = resources.use(
      await openStore({
        dataFolder: join(folder, 'data'),
        localDomains: ['example.test'],
        mode: 'tool',
      }),
    )
    writeFileSync(join(folder, 'gatepost.toml'), 'data = "data"\n')
    return new MailBench(folder, store, resources.move())
  }

  async addAccount(name: string): Promise<AccountId> {
    return (await this.store.directory.addAccount(`${name}@example.test`, { hash: 'hash' })).id
  }

  async mailbox(account: AccountId, role: MailboxRole): Promise<Mailbox> {
    const list = await this.store.mail.read(account, ({ mailboxes }) => mailboxes.list())
    const found = list.find((mailbox) => mailbox.role === role)
    if (found === undefined) throw new Error(`no mailbox with role ${role}`)
    return found
  }

  async makeMailbox(
    account: AccountId,
    name: string,
    properties: { readonly parentId?: MailboxId; readonly isSubscribed?: boolean } = {},
  ): Promise<Mailbox> {
    const [made] = await this.store.mail.transact(account, [
      { op: 'createMailbox', name, parentId: null, ...properties },
    ])
    return made
  }

  async add(
    account: AccountId,
    mailbox: Mailbox,
    message: {
      readonly content: Uint8Array | string
      readonly keywords?: readonly string[]
      readonly isDeleted?: boolean
      readonly receivedAt?: number
      readonly zoneMinutes?: number
    },
  ): Promise<void> {
    await this.store.mail.transact(account, [
      {
        op: 'addEmail',
        mailboxIds: [mailbox.id],
        keywords: message.keywords ?? [],
        receivedAt: message.receivedAt ?? 1_700_000_000_000,
        zoneMinutes: message.zoneMinutes ?? 0,
        isDeleted: message.isDeleted ?? false,
        content: Buffer.from(message.content),
      },
    ])
  }

  see(account: AccountId): Promise<SeenMailbox[]> {
    return seeAccount(this.store, account)
  }

  /** Keywords as they were first written, sorted. */
  async spellings(account: AccountId): Promise<string[]> {
    const all = await this.store.mail.read(account, ({ keywords }) => keywords.after(0))
    return all.map(({ spelling }) => spelling).toSorted()
  }

  async subjects(account: AccountId, path: string): Promise<string[]> {
    const found = (await this.see(account)).find((mailbox) => mailbox.path === path)
    return found === undefined ? [] : subjectsIn(found)
  }

  /** Of each mailbox that is not empty: its path, and the subjects behind it. */
  async allSubjects(account: AccountId): Promise<string[][]> {
    return (await this.see(account))
      .filter(({ messages }) => messages.length > 0)
      .map((mailbox) => [mailbox.path, ...subjectsIn(mailbox)])
  }

  /** Files below the folder, made with the folders that they are in. */
  write(files: Readonly<Record<string, string>>): void {
    for (const [name, text] of Object.entries(files)) {
      const path = join(this.folder, name)
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, Buffer.from(text))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }
}

function subjectsIn({ messages }: SeenMailbox): string[] {
  return messages.map(({ content }) => /^Subject: (.*?)\r?$/m.exec(content)?.[1] ?? '')
}

/** Everything that can be seen of an account, by path. */
export function seeAccount(
  { mail }: Pick<SqliteStore, 'mail'>,
  account: AccountId,
): Promise<SeenMailbox[]> {
  return mail.read(account, async (reader) => {
    const seen: SeenMailbox[] = []
    for (const { mailbox, path } of placeMailboxes(await reader.mailboxes.list()))
      seen.push({
        path: path.join('/'),
        role: mailbox.role,
        isSubscribed: mailbox.isSubscribed,
        messages: await seeMessages(reader, mailbox.id),
      })
    return seen.toSorted((one, other) => (one.path < other.path ? -1 : 1))
  })
}

async function seeMessages(
  { memberships, blobs }: MailReader,
  mailbox: MailboxId,
): Promise<SeenMailbox['messages']> {
  const found: Membership[] = []
  for (;;) {
    const page = await memberships.page(mailbox, found.at(-1)?.uid ?? 0, 1_000)
    if (page.length === 0) break
    found.push(...page)
  }
  const contents = await blobs.ranges(
    found.map(({ blobId: id, size }) => ({ id, start: 0, end: size })),
  )
  return found.map(({ keywords, isDeleted, receivedAt, zoneMinutes }, at) => ({
    content: contents[at]?.toString('latin1') ?? '',
    keywords,
    isDeleted,
    receivedAt,
    zoneMinutes,
  }))
}
