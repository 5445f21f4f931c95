import { hash } from 'node:crypto'

import {
  type AccountId,
  type Mailbox,
  MailError,
  type MailOp,
  type MailStore,
} from '@gatepost/core'
import { isDiskFull } from '@gatepost/store-sqlite'

import { type Batch, type BatchMessage, ImportBatches } from './import-batches.ts'
import { ImportJournal, type JournaledBatch } from './import-journal.ts'
import type { MailItem, MailSource, SourceFolder, SourceMessage, SourcePlace } from './mail-item.ts'
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

class ImportRun {
  readonly #options: ImportOptions
  readonly #journal: ImportJournal
  readonly #source: MailSource
  readonly #targets: TargetMailboxes
  readonly #tally: TransferTally
  /** By the key of their place. */
  readonly #mailboxes = new Map<string, Mailbox>()
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
      } catch (error) {
        if (endsEverything(error)) {
          this.#tally.stoppedBy = error.message
          break
        }
        this.#tally.fail(nameOf(folder), error)
      }
    }
    this.#tally.mailboxes = new Set([...this.#mailboxes.values()].map(({ id }) => id)).size
    return this.#tally.summary()
  }

  /** Whether what the last run wrote down and did not tick off is in the store: the store knows. */
  #settleOpenBatch(): void {
    const batch = this.#journal.open()
    if (batch !== undefined) this.#journal.settle(isStored(this.#options, batch))
  }

  async #importFolder(folder: SourceFolder): Promise<void> {
    const batches = new ImportBatches()
    let isOwnWanted = true
    for await (const message of folder.messages()) {
      const scope = message.place?.scope ?? folder.key
      if (message.place !== undefined) isOwnWanted = false
      if (this.#journal.isDone(scope, message.key) || batches.has(scope, message.key)) {
        this.#tally.earlier += 1
        this.#advance(message.weight)
        continue
      }
      const item = await this.#read(folder, message)
      const mailboxes = await this.#mailboxesOf(folder, message)
      if (item === undefined || mailboxes === undefined) continue
      const { key, weight } = message
      for (const full of batches.add(scope, { key, weight, item, mailboxes }))
        await this.#store(folder, full)
    }
    for (const rest of batches.takeAll()) await this.#store(folder, rest)
    // Also of a folder without messages.
    if (isOwnWanted) await this.#mailboxOf(folder)
  }

  /** Undefined, and told of, when a mailbox that only this message asks for cannot be had. */
  async #mailboxesOf(
    folder: SourceFolder,
    { key, weight, place }: SourceMessage,
  ): Promise<BatchMessage['mailboxes'] | undefined> {
    if (place === undefined) return [await this.#mailboxOf(folder)]
    try {
      const [first, ...others] = place.mailboxes
      const mailboxes: [Mailbox, ...Mailbox[]] = [await this.#mailboxOf(first)]
      for (const other of others) {
        const mailbox = await this.#mailboxOf(other)
        if (!mailboxes.some(({ id }) => id === mailbox.id)) mailboxes.push(mailbox)
      }
      return mailboxes
    } catch (error) {
      if (endsEverything(error)) throw error
      this.#tally.fail(`${nameOf(folder)} ${key}`, error)
      this.#advance(weight)
      return undefined
    }
  }

  async #mailboxOf(place: SourcePlace): Promise<Mailbox> {
    const known = this.#mailboxes.get(place.key)
    if (known !== undefined) return known
    const found = await this.#openMailbox(place)
    this.#mailboxes.set(place.key, found)
    return found
  }

  /** The same as in the earlier runs, whatever it is called now. */
  async #openMailbox(place: SourcePlace): Promise<Mailbox> {
    const earlier = this.#journal.folder(place.key)
    if (earlier === undefined) {
      const mailbox = await this.#targets.mailboxFor(place)
      const { id: mailboxId, uidValidity } = mailbox
      this.#journal.keepFolder(place.key, { mailboxId, uidValidity })
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
  async #store(folder: SourceFolder, batch: Batch): Promise<void> {
    const { messages } = batch
    try {
      await this.#commit(batch)
    } catch (error) {
      // What is not a refusal leaves open whether anything came in: the next run finds out.
      if (!(error instanceof MailError) || error.kind === 'busy') throw new Stop(error)
      if (messages.length > 1) {
        for (const message of messages) await this.#store(folder, { ...batch, messages: [message] })
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

  async #commit(batch: Batch): Promise<void> {
    const { mail, account } = this.#options
    const { messages } = batch
    this.#journal.begin(this.#journaled(batch))
    try {
      await mail.transact(account, messages.map(addEmail))
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

  #journaled({ scope, mailbox, messages }: Batch): JournaledBatch {
    const uidNext = this.#targets.get(mailbox.id)?.uidNext ?? mailbox.uidNext
    return {
      folder: scope,
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

function addEmail({ mailboxes, item }: BatchMessage): MailOp {
  const mailboxIds = mailboxes.map(({ id }) => id)
  const { content, keywords, receivedAt, isDeleted } = item
  return { op: 'addEmail', content, mailboxIds, keywords, receivedAt, isDeleted }
}

function nameOf({ path }: SourcePlace): string {
  return path.join('/')
}
