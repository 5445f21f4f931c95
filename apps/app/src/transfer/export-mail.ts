import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'

import type { AccountId, Mailbox, MailStore, Membership, Uid } from '@gatepost/core'
import { isDiskFull } from '@gatepost/store-sqlite'

import { ExportJournal, exportJournalName } from './export-journal.ts'
import type { ExportFolder, ExportMessage, ExportTarget, FolderState } from './export-target.ts'
import { KeywordSpellings } from './keyword-spellings.ts'
import { type ListedMailbox, writeMailboxList } from './mailbox-list.ts'
import { type PlacedMailbox, placeMailboxes } from './mailbox-paths.ts'
import { MaildirTarget } from './maildir/maildir-target.ts'
import { MboxTarget } from './mbox/mbox-target.ts'
import { TransferRefusal } from './transfer-refusal.ts'
import { type TransferProgress, type TransferSummary, TransferTally } from './transfer-summary.ts'

export interface ExportOptions {
  readonly mail: Pick<MailStore, 'read'>
  readonly account: AccountId
  readonly root: string
  readonly format: 'maildir' | 'mbox'
  readonly onProgress?: (progress: TransferProgress) => void
}

/** Messages looked up at once, and bytes that they hold in memory together. */
const uidPageSize = 10_000
const pageSize = 100
const maxBatchBytes = 16_777_216

/**
 * Writes every message of an account, byte for byte, with its mailbox, flags and date. What an earlier run has written stays; an interrupted one is
 * taken up where it ended. A message that cannot be read is told of, and the others are written.
 * @throws TransferRefusal when the folder cannot be used
 */
export async function exportMail(options: ExportOptions): Promise<TransferSummary> {
  await mkdir(options.root, { recursive: true, mode: 0o700 })
  await checkRoot(options.root)
  using journal = ExportJournal.open(join(options.root, exportJournalName), {
    account: options.account,
    format: options.format,
  })
  const target =
    options.format === 'maildir' ? new MaildirTarget(options.root) : new MboxTarget(options.root)
  return await new ExportRun(options, journal, target).run()
}

/** Nothing is mixed with what somebody else has put there. */
async function checkRoot(root: string): Promise<void> {
  const names = await readdir(root)
  if (names.length > 0 && !names.includes(exportJournalName))
    throw new TransferRefusal(`${root} is not empty, and no export of ours: take another folder`)
}

interface Destination {
  readonly mailbox: Mailbox
  readonly folder: ExportFolder
  readonly path: readonly string[]
}

class ExportRun {
  readonly #options: ExportOptions
  readonly #journal: ExportJournal
  readonly #target: ExportTarget
  readonly #tally = new TransferTally()
  readonly #spellings = new KeywordSpellings()
  #total = 0
  #done = 0

  constructor(options: ExportOptions, journal: ExportJournal, target: ExportTarget) {
    this.#options = options
    this.#journal = journal
    this.#target = target
  }

  async run(): Promise<TransferSummary> {
    const { mail, account, root } = this.#options
    const placed = placeMailboxes(await mail.read(account, ({ mailboxes }) => mailboxes.list()))
    this.#total = placed.reduce((sum, { mailbox }) => sum + mailbox.totalEmails, 0)
    await writeMailboxList(
      root,
      placed.map((one) => listed(one, this.#target.nameOf(one.path))),
    )
    for (const { mailbox, path } of placed) {
      try {
        await this.#exportMailbox(mailbox, path)
        this.#tally.mailboxes += 1
      } catch (error) {
        if (isDiskFull(error)) {
          this.#tally.stoppedBy = `${path.join('/')}: ${error.message}`
          break
        }
        this.#tally.fail(path.join('/'), error)
      }
    }
    return this.#tally.summary()
  }

  async #exportMailbox(mailbox: Mailbox, path: readonly string[]): Promise<void> {
    const state = this.#journal.stateOf(mailbox.id, mailbox.uidValidity)
    await using folder = await this.#target.open(this.#target.nameOf(path), state)
    this.#journal.begin(mailbox.id, state)
    await this.#countEarlier(mailbox, state)
    const to = { mailbox, folder, path }
    let after = state.afterUid
    for (let at = 0; at < state.missing.length; at += pageSize) {
      const retried = state.missing.slice(at, at + pageSize)
      await this.#exportPage(await this.#found(mailbox, retried), to, { after, retried })
    }
    for (;;) {
      const page = await this.#page(mailbox, after)
      const last = page.at(-1)
      if (last === undefined) break
      after = last.uid
      await this.#exportPage(page, to, { after, retried: [] })
    }
    this.#journal.end(mailbox.id)
  }

  /** `after`: the last UID once the page is written. */
  async #exportPage(
    page: readonly Membership[],
    { mailbox, folder, path }: Destination,
    { after, retried }: { readonly after: number; readonly retried: readonly number[] },
  ): Promise<void> {
    const failed: number[] = []
    let batch: ExportMessage[] = []
    let bytes = 0
    for (const membership of page) {
      const message = await this.#read(membership, path)
      if (message === 'failed') failed.push(membership.uid)
      if (typeof message === 'string') {
        this.#advance(1)
        continue
      }
      batch.push(message)
      bytes += message.content.byteLength
      if (bytes < maxBatchBytes) continue
      await this.#write(folder, batch)
      batch = []
      bytes = 0
    }
    await this.#write(folder, batch)
    this.#journal.wrote(mailbox.id, { lastUid: after, bytes: folder.bytes, failed, retried })
  }

  async #write(folder: ExportFolder, batch: readonly ExportMessage[]): Promise<void> {
    if (batch.length === 0) return
    await folder.write(batch)
    this.#tally.messages += batch.length
    for (const { content } of batch) this.#tally.bytes += content.byteLength
    this.#advance(batch.length)
  }

  /** A failure is told of. `gone`: expunged since the page was read. */
  async #read(
    membership: Membership,
    path: readonly string[],
  ): Promise<ExportMessage | 'gone' | 'failed'> {
    const { uid, receivedAt, zoneMinutes, isDeleted } = membership
    const keywords = this.#spellings.spelled(membership.keywords)
    try {
      const { blobId: id, size: end } = membership
      const [content] = await this.#options.mail.read(this.#options.account, ({ blobs }) =>
        blobs.ranges([{ id, start: 0, end }]),
      )
      return content === undefined
        ? 'gone'
        : { uid, content, receivedAt, zoneMinutes, keywords, isDeleted }
    } catch (error) {
      this.#tally.fail(`${path.join('/')} UID ${uid}`, error)
      return 'failed'
    }
  }

  #found(mailbox: Mailbox, uids: readonly number[]): Promise<readonly Membership[]> {
    return this.#options.mail.read(this.#options.account, async (reader) => {
      await this.#spellings.refresh(reader)
      return reader.memberships.get(mailbox.id, uids as readonly Uid[])
    })
  }

  #page(mailbox: Mailbox, after: number): Promise<readonly Membership[]> {
    return this.#options.mail.read(this.#options.account, async (reader) => {
      await this.#spellings.refresh(reader)
      return reader.memberships.page(mailbox.id, after as Uid | 0, pageSize)
    })
  }

  async #countEarlier(mailbox: Mailbox, { afterUid, missing }: FolderState): Promise<void> {
    const again = new Set(missing)
    const { mail, account } = this.#options
    let count = 0
    for (let last: Uid | 0 = 0; last < afterUid;) {
      const uids: Uid[] = await mail.read(account, ({ memberships }) =>
        memberships.uids(mailbox.id, last, uidPageSize),
      )
      count += uids.filter((uid) => uid <= afterUid && !again.has(uid)).length
      const next = uids.at(-1)
      if (next === undefined) break
      last = next
    }
    this.#tally.earlier += count
    this.#advance(count)
  }

  #advance(count: number): void {
    this.#done += count
    this.#options.onProgress?.({ done: this.#done, total: Math.max(this.#total, this.#done) })
  }
}

function listed({ mailbox, path }: PlacedMailbox, folder: string): ListedMailbox {
  const { role, isSubscribed, sortOrder } = mailbox
  return { folder, path, role, isSubscribed, sortOrder }
}
