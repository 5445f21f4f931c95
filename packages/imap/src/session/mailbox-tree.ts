import {
  MailError,
  type AccountId,
  type Mailbox,
  type MailboxId,
  type MailboxRole,
  type MailStore,
} from '@gatepost/core'

import { joinPath, splitPath } from '../grammar/mailbox-name.ts'

type MissingCode = 'mailbox.notFound' | 'imap.tryCreate'

export function readTree(store: MailStore, account: AccountId): Promise<MailboxTree> {
  return store.read(account, async ({ mailboxes }) => new MailboxTree(await mailboxes.list()))
}

/** One that holds messages. @throws MailError notFound `mailbox.notFound`, or with the code that tells a client to create it first */
export async function findMailbox(
  store: MailStore,
  { account, path, orElse }: { account: AccountId; path: string; orElse?: MissingCode },
): Promise<Mailbox> {
  return (await readTree(store, account)).getSelectable(path, orElse)
}

/** The mailboxes of an account by the paths that IMAP knows them by: names joined by `/`, INBOX in any case. */
export class MailboxTree {
  readonly #byId: ReadonlyMap<MailboxId, Mailbox>
  readonly #byPath: ReadonlyMap<string, Mailbox>
  readonly #parents: ReadonlySet<MailboxId>

  constructor(mailboxes: readonly Mailbox[]) {
    this.#byId = new Map(mailboxes.map((mailbox) => [mailbox.id, mailbox]))
    this.#byPath = new Map(mailboxes.map((mailbox) => [this.pathOf(mailbox), mailbox]))
    this.#parents = new Set(
      mailboxes.flatMap(({ parentId }) => (parentId === null ? [] : [parentId])),
    )
  }

  /** Parents before their children. */
  get paths(): readonly string[] {
    return [...this.#byPath.keys()].toSorted()
  }

  pathOf(mailbox: Mailbox): string {
    const names = [mailbox.name]
    for (let at = this.#parentOf(mailbox); at !== undefined; at = this.#parentOf(at))
      names.unshift(at.name)
    return joinPath(names)
  }

  find(path: string): Mailbox | undefined {
    return this.#byPath.get(joinPath(splitPath(path)))
  }

  /** @throws MailError notFound `mailbox.notFound` */
  get(path: string): Mailbox {
    const mailbox = this.find(path)
    if (mailbox === undefined)
      throw new MailError('notFound', 'mailbox.notFound', 'No such mailbox')
    return mailbox
  }

  /** One that is more than a parent of others. @throws MailError notFound, see `findMailbox` */
  getSelectable(path: string, code: MissingCode = 'mailbox.notFound'): Mailbox {
    const mailbox = this.find(path)
    if (mailbox?.isSelectable !== true) throw new MailError('notFound', code, 'No such mailbox')
    return mailbox
  }

  hasRole(role: MailboxRole): boolean {
    return [...this.#byId.values()].some((mailbox) => mailbox.role === role)
  }

  hasChildren({ id }: Mailbox): boolean {
    return this.#parents.has(id)
  }

  #parentOf({ parentId }: Mailbox): Mailbox | undefined {
    return parentId === null ? undefined : this.#byId.get(parentId)
  }
}
