import type { AccountId, Mailbox, MailboxRole, MailStore } from '@gatepost/core'

import type { SourcePlace } from './mail-item.ts'
import { maxDepth } from './skipped-files.ts'
import { roleByName } from './special-use.ts'

/** Where messages of a folder go: mailboxes of the account that are there, and others that it makes. */
export class TargetMailboxes {
  readonly #mail: MailStore
  readonly #account: AccountId
  readonly #prefix: readonly string[]

  /** `prefix`: levels above everything that is imported. */
  constructor(mail: MailStore, account: AccountId, prefix: readonly string[]) {
    this.#mail = mail
    this.#account = account
    this.#prefix = prefix.map(usableName)
  }

  async get(id: Mailbox['id']): Promise<Mailbox | undefined> {
    const [found] = await this.#mail.read(this.#account, ({ mailboxes }) => mailboxes.get([id]))
    return found
  }

  /** @throws MailError when a mailbox cannot be made */
  async mailboxFor({ path, known }: SourcePlace): Promise<Mailbox> {
    const levels = path.map(usableName)
    if (this.#prefix.length > 0)
      return await this.#walk([...this.#prefix, ...levels], { ...known, role: null })
    const role = known?.role === undefined ? roleOf(levels) : known.role
    const own = role === null ? undefined : await this.#withRole(role)
    if (own !== undefined) return own
    return await this.#walk(levels, { ...known, role })
  }

  /** Down from the top, making what is missing; properties are those of the last level. */
  async #walk(
    levels: readonly string[],
    properties: { role: MailboxRole | null; isSubscribed?: boolean; sortOrder?: number },
  ): Promise<Mailbox> {
    if (levels.length > maxDepth) throw new Error('its mailbox would be nested too deeply')
    let at: Mailbox | undefined
    for (const [depth, name] of levels.entries()) {
      const isLast = depth === levels.length - 1
      // What is below `Sent` of another program goes below ours, whatever its name.
      const role =
        depth === 0 && !isLast && this.#prefix.length === 0 ? roleByName(name) : undefined
      const found =
        (role === undefined ? undefined : await this.#withRole(role)) ??
        (await this.#child(at, name))
      at = found ?? (await this.#create(at, name, isLast ? properties : { role: null }))
    }
    if (at === undefined) throw new Error('a folder without a name')
    return at
  }

  async #create(
    parent: Mailbox | undefined,
    name: string,
    {
      role,
      isSubscribed = true,
      sortOrder = 0,
    }: { role: MailboxRole | null; isSubscribed?: boolean; sortOrder?: number },
  ): Promise<Mailbox> {
    const [made] = await this.#mail.transact(this.#account, [
      {
        op: 'createMailbox',
        name,
        parentId: parent?.id ?? null,
        role: role === 'inbox' ? null : role,
        isSubscribed,
        sortOrder,
      },
    ])
    return made
  }

  async #child(parent: Mailbox | undefined, name: string): Promise<Mailbox | undefined> {
    const parentId = parent?.id ?? null
    const isInbox = parentId === null && name.toLowerCase() === 'inbox'
    return (await this.#list()).find((mailbox) =>
      isInbox ? mailbox.role === 'inbox' : mailbox.parentId === parentId && mailbox.name === name,
    )
  }

  async #withRole(role: MailboxRole): Promise<Mailbox | undefined> {
    return (await this.#list()).find((mailbox) => mailbox.role === role)
  }

  #list(): Promise<readonly Mailbox[]> {
    return this.#mail.read(this.#account, ({ mailboxes }) => mailboxes.list())
  }
}

/** `Sent` at the top, or below INBOX as some servers have it. */
function roleOf(levels: readonly string[]): MailboxRole | null {
  const own = levels[0] === 'INBOX' && levels.length === 2 ? levels.slice(1) : levels
  const [name = ''] = own
  if (own.length !== 1) return null
  return name === 'INBOX' ? 'inbox' : (roleByName(name) ?? null)
}

/** What the store takes for the name of a mailbox. */
function usableName(name: string): string {
  const usable = name
    .toWellFormed()
    .normalize('NFC')
    .replaceAll(/[/\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, '_')
  return usable === '' ? '_' : usable
}
