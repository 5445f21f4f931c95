import { hash } from 'node:crypto'

import {
  type AccountId,
  type Mailbox,
  MailError,
  type MailOp,
  type MailStore,
} from '@gatepost/core'
import { isDiskFull } from '@gatepost/store-sqlite'

import { ImportJournal, type JournaledBatch } from './import-journal.ts'
import type { MailItem, MailSource, SourceFolder, SourceMessage } from './mail-item.ts'
import { openMaildirSource } from './maildir/maildir-source.ts'
import { openMboxSource } from './mbox/mbox-source.ts'
import { NoRegularFile } from './regular-file.ts'
import { isStored } from './stored-batch.ts'
import { TargetMailboxes } from './target-mailboxes.ts'
import { TransferRefusal } from './transfer-refusal.ts'
import { type TransferProgress, type TransferSummary, TransferTally } from './transfer-summary.ts'

export interface ImportOptions {
  readonly mail: MailStore
  readonly account: AccountId
  readonly root: string
  readonly format: 'maildir' | 'mbox'
  /** Levels above everything that is imported; none: folders become the mailboxes of the same name or role. */
  readonly prefix: readonly string[]
  readonly journalPath: string
  readonly onProgress?: (progress: TransferProgress) => void
}

/** Of one transaction. */
const maxBatch = 100
const maxBatchBytes = 8_388_608

/**
 * Puts the messages of a Maildir or mbox into an account, with their folders, flags and dates. What an earlier run has imported is passed over, also
 * when it was interrupted. A message that cannot be read or stored is told of, and the others are imported.
 * @throws TransferRefusal when there is nothing to import, or the journal is not of this import
 */
export async function importMail(options: ImportOptions): Promise<TransferSummary> {
  const { root, format } = options
  const tally = new TransferTally()
  const source = await opening(() =>
    format === 'maildir' ? openMaildirSource(root, tally) : openMboxSource(root, tally),
  )
  if (source.folders.length === 0) throw new TransferRefusal(`there is no ${format} in ${root}`)
  using journal = ImportJournal.open(options.journalPath, {
    account: options.account,
    root,
    format,
    prefix: options.prefix.join('/'),
  })
  return await new ImportRun(options, journal, { source, tally }).run()
}

async function opening(work: () => Promise<MailSource>): Promise<MailSource> {
  try {
    return await work()
  } catch (cause) {
    throw cause instanceof NoRegularFile ? new TransferRefusal(cause.message, { cause }) : cause
  }
}

interface BatchMessage {
  readonly key: string
  readonly weight: number
  readonly item: MailItem
}

class ImportRun {
  readonly #options: ImportOptions
  readonly #journal: ImportJournal
  readonly #source: MailSource
  readonly #targets: TargetMailboxes
  readonly #tally: TransferTally
  #done = 0

  constructor(
    options: ImportOptions,
    journal: ImportJournal,
    { source, tally }: { readonly source: MailSource; readonly tally: TransferTally },
  ) {
    this.#options = options
    this.#journal = journal
    this.#source = source
    this.#tally = tally
    this.#targets = new TargetMailboxes(options.mail, options.account, options.prefix)
  }

  async run(): Promise<TransferSummary> {
    this.#settleOpenBatch()
    // Parents first: a child would make them without what is known of them.
    const folders = this.#source.folders.toSorted(
      (one, other) => one.path.length - other.path.length,
    )
    for (const folder of folders) {
      try {
        await this.#importFolder(folder)
        this.#tally.mailboxes += 1
      } catch (error) {
        if (endsEverything(error)) {
          this.#tally.stoppedBy = error.message
          break
        }
        this.#tally.fail(nameOf(folder), error)
      }
    }
    return this.#tally.summary()
  }

  /** Whether what the last run wrote down and did not tick off is in the store: the store knows. */
  #settleOpenBatch(): void {
    const batch = this.#journal.open()
    if (batch !== undefined) this.#journal.settle(isStored(this.#options, batch))
  }

  async #importFolder(folder: SourceFolder): Promise<void> {
    const mailbox = await this.#mailboxOf(folder)
    const batch = new Batch()
    for await (const message of folder.messages()) {
      if (this.#journal.isDone(folder.key, message.key) || batch.has(message.key)) {
        this.#tally.earlier += 1
        this.#advance(message.weight)
        continue
      }
      const item = await this.#read(folder, message)
      if (item === undefined) continue
      batch.add({ key: message.key, weight: message.weight, item })
      if (batch.isFull) await this.#store(folder, mailbox, batch.take())
    }
    await this.#store(folder, mailbox, batch.take())
  }

  /** The same as in the earlier runs, whatever it is called now. */
  async #mailboxOf(folder: SourceFolder): Promise<Mailbox> {
    const earlier = this.#journal.folder(folder.key)
    if (earlier === undefined) {
      const mailbox = await this.#targets.mailboxFor(folder)
      const { id: mailboxId, uidValidity } = mailbox
      this.#journal.keepFolder(folder.key, { mailboxId, uidValidity })
      return mailbox
    }
    const mailbox = this.#targets.get(earlier.mailboxId)
    if (mailbox?.uidValidity === earlier.uidValidity) return mailbox
    throw new Error(
      `its mailbox has been deleted or restored since: remove ${this.#options.journalPath} to import everything again`,
    )
  }

  async #read(folder: SourceFolder, message: SourceMessage): Promise<MailItem | undefined> {
    try {
      return await message.read()
    } catch (error) {
      const where = `${nameOf(folder)} ${message.key}`
      if (error instanceof NoRegularFile) this.#tally.skip(where, error.message)
      else this.#tally.fail(where, error)
      this.#advance(message.weight)
      return undefined
    }
  }

  /** All in one transaction; one by one when the store does not take them together. */
  async #store(
    folder: SourceFolder,
    mailbox: Mailbox,
    messages: readonly BatchMessage[],
  ): Promise<void> {
    if (messages.length === 0) return
    try {
      await this.#commit(folder, mailbox, messages)
    } catch (error) {
      // What is not a refusal leaves open whether anything came in: the next run finds out.
      if (!(error instanceof MailError) || error.kind === 'busy') throw new Stop(error)
      if (messages.length > 1) {
        for (const message of messages) await this.#store(folder, mailbox, [message])
        return
      }
      if (error.code === 'quota.exceeded' || error.code === 'account.notFound')
        throw new Stop(error)
      for (const { key, weight } of messages) {
        this.#tally.fail(`${nameOf(folder)} ${key}`, error)
        this.#advance(weight)
      }
    }
  }

  async #commit(
    folder: SourceFolder,
    mailbox: Mailbox,
    messages: readonly BatchMessage[],
  ): Promise<void> {
    const { mail, account } = this.#options
    this.#journal.begin(this.#journaled(folder, mailbox, messages))
    const ops = messages.map(({ item }): MailOp => addEmail(mailbox, item))
    try {
      await mail.transact(account, ops)
    } catch (error) {
      // Nothing of it is there, unless the store itself broke down.
      if (error instanceof MailError && error.kind !== 'busy') this.#journal.settle(false)
      throw error
    }
    this.#journal.settle(true)
    this.#tally.messages += messages.length
    for (const { item, weight } of messages) {
      this.#tally.bytes += item.content.byteLength
      this.#advance(weight)
    }
  }

  #journaled(
    folder: SourceFolder,
    mailbox: Mailbox,
    messages: readonly BatchMessage[],
  ): JournaledBatch {
    const uidNext = this.#targets.get(mailbox.id)?.uidNext ?? mailbox.uidNext
    return {
      folder: folder.key,
      mailboxId: mailbox.id,
      uidNext,
      messages: messages.map(({ key, item }) => ({
        key,
        size: item.content.byteLength,
        receivedAt: item.receivedAt,
        hash: hash('sha256', item.content),
      })),
    }
  }

  #advance(weight: number): void {
    this.#done += weight
    const total = Math.max(this.#source.totalWeight, this.#done)
    this.#options.onProgress?.({ done: this.#done, total })
  }
}

/** Nothing more can come in: the rest is not tried. */
class Stop extends Error {
  override readonly name = 'Stop'

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** Not of one folder: the store or the journal takes nothing more. */
function endsEverything(error: unknown): error is Error {
  return (
    error instanceof Stop ||
    isDiskFull(error) ||
    (error instanceof MailError && error.kind === 'busy')
  )
}

class Batch {
  #messages: BatchMessage[] = []
  #bytes = 0

  get isFull(): boolean {
    return this.#messages.length >= maxBatch || this.#bytes >= maxBatchBytes
  }

  has(key: string): boolean {
    return this.#messages.some((message) => message.key === key)
  }

  add(message: BatchMessage): void {
    this.#messages.push(message)
    this.#bytes += message.item.content.byteLength
  }

  take(): readonly BatchMessage[] {
    const messages = this.#messages
    this.#messages = []
    this.#bytes = 0
    return messages
  }
}

function addEmail(mailbox: Mailbox, item: MailItem): MailOp {
  const { content, keywords, receivedAt, isDeleted } = item
  return { op: 'addEmail', content, mailboxIds: [mailbox.id], keywords, receivedAt, isDeleted }
}

function nameOf(folder: SourceFolder): string {
  return folder.path.join('/')
}
