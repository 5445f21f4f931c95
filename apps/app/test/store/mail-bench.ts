import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import type { AccountId, Mailbox, MailboxId, MailboxRole } from '@gatepost/core'
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
    return (await this.store.directory.addAccount(`${name}@example.test`, 'hash')).id
  }

  mailbox(account: AccountId, role: MailboxRole): Mailbox {
    const found = this.store.mail
      .read(account, ({ mailboxes }) => mailboxes.list())
      .find((mailbox) => mailbox.role === role)
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

  see(account: AccountId): SeenMailbox[] {
    return seeAccount(this.store, account)
  }

  /** Keywords as they were first written, sorted. */
  spellings(account: AccountId): string[] {
    return this.store.mail
      .read(account, ({ keywords }) => keywords.after(0))
      .map(({ spelling }) => spelling)
      .toSorted()
  }

  subjects(account: AccountId, path: string): string[] {
    const found = this.see(account).find((mailbox) => mailbox.path === path)
    return (found?.messages ?? []).map(
      ({ content }) => /^Subject: (.*?)\r?$/m.exec(content)?.[1] ?? '',
    )
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

/** Everything that can be seen of an account, by path. */
export function seeAccount({ mail }: Pick<SqliteStore, 'mail'>, account: AccountId): SeenMailbox[] {
  return mail.read(account, ({ mailboxes, memberships, blobs }) =>
    placeMailboxes(mailboxes.list())
      .map(({ mailbox, path }) => ({
        path: path.join('/'),
        role: mailbox.role,
        isSubscribed: mailbox.isSubscribed,
        messages: memberships
          .uids(mailbox.id)
          .flatMap((uid) => memberships.get(mailbox.id, [uid]))
          .map(({ blobId, size, keywords, isDeleted, receivedAt, zoneMinutes }) => ({
            content: (blobs.range(blobId, 0, size) ?? Buffer.alloc(0)).toString('latin1'),
            keywords,
            isDeleted,
            receivedAt,
            zoneMinutes,
          })),
      }))
      .toSorted((one, other) => (one.path < other.path ? -1 : 1)),
  )
}
