import { hash } from 'node:crypto'

import {
  type AccountId,
  type Mailbox,
  type MailboxId,
  MailError,
  type MailOp,
  type MailStore,
} from '@gatepost/core'
import { isDiskFull } from '@gatepost/store-sqlite'

import { type Batch, type BatchMessage, ImportBatches } from './import-batches.ts'
import type { ImportJournal, JournaledBatch } from './import-journal.ts'
import {
  type EarlierRuns,
  type MailItem,
  type MailSource,
  type SourceFolder,
  SourceLost,
  type SourceMessage,
  type SourcePlace,
} from './mail-item.ts'
import { NoRegularFile } from './regular-file.ts'
import { isStored } from './stored-batch.ts'
import { TargetMailboxes } from './target-mailboxes.ts'
import type { TransferProgress, TransferSummary, TransferTally } from './transfer-summary.ts'

export interface ImportOptions {
  readonly mail: MailStore
  readonly account: AccountId
  /** Levels above everything that is imported; none: folders become the mailboxes of the same name or role. */
  readonly prefix: readonly string[]
  readonly journalPath: string
  readonly onProgress?: (progress: TransferProgress) => void
}

/** One import of one source, which the journal lets the next one go on with. */
export class ImportRun {
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
    await this.#settleOpenBatch()
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
  async #settleOpenBatch(): Promise<void> {
    const batch = this.#journal.open()
    if (batch !== undefined) this.#journal.settle(await isStored(this.#options, batch))
  }

  async #importFolder(folder: SourceFolder): Promise<void> {
    const batches = new ImportBatches()
    let isOwnWanted = true
    try {
      for await (const message of folder.messages(this.#earlierRuns(folder))) {
        if (message.place !== undefined) isOwnWanted = false
        await this.#importMessage(folder, message, batches)
      }
    } catch (error) {
      // What has come is kept: the next run does not fetch it again.
      if (error instanceof SourceLost)
        for (const rest of batches.takeAll()) await this.#store(folder, rest)
      throw error
    }
    for (const rest of batches.takeAll()) await this.#store(folder, rest)
    // Also of a folder without messages.
    if (isOwnWanted) await this.#mailboxOf(folder)
  }

  async #importMessage(
    folder: SourceFolder,
    message: SourceMessage,
    batches: ImportBatches,
  ): Promise<void> {
    const { key, weight, place } = message
    const scope = place?.scope ?? folder.key
    if (this.#journal.isDone(scope, key) || batches.has(scope, key)) {
      this.#tally.earlier += 1
      this.#advance(weight)
      return
    }
    const item = await this.#read(folder, message)
    if (item === undefined) return
    const mailboxes = await this.#mailboxesOf(folder, message)
    if (mailboxes === undefined) return
    for (const full of batches.add(scope, { key, weight, item, mailboxes }))
      await this.#store(folder, full)
  }

  #earlierRuns({ key: folder }: SourceFolder): EarlierRuns {
    return {
      isDone: (key) => this.#journal.isDone(folder, key),
      checkNumbering: (numbering) => {
        if (!this.#journal.isNumberedBy(folder, numbering))
          throw new Error(
            `the other server has numbered its messages anew (UIDVALIDITY): remove ${this.#options.journalPath} to import everything again`,
          )
      },
    }
  }

  /** A mailbox that cannot be had is told of, and costs no message that has another one. Undefined when there is none. */
  async #mailboxesOf(
    folder: SourceFolder,
    { key, weight, place }: SourceMessage,
  ): Promise<BatchMessage['mailboxes'] | undefined> {
    if (place === undefined) return [await this.#mailboxOf(folder)]
    const found = new Map<MailboxId, Mailbox>()
    for (const wanted of place.mailboxes) {
      try {
        const mailbox = await this.#mailboxOf(wanted)
        found.set(mailbox.id, mailbox)
      } catch (error) {
        if (endsEverything(error)) throw error
        this.#tally.fail(`${nameOf(folder)} ${key}, in ${nameOf(wanted)}`, error)
      }
    }
    const [first, ...others] = found.values()
    if (first !== undefined) return [first, ...others]
    this.#advance(weight)
    return undefined
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
    const mailbox = await this.#targets.get(earlier.mailboxId)
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
    this.#journal.begin(await this.#journaled(batch))
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

  async #journaled({ scope, mailbox, messages }: Batch): Promise<JournaledBatch> {
    const { uidNext } = (await this.#targets.get(mailbox.id)) ?? mailbox
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
    error instanceof SourceLost ||
    isDiskFull(error) ||
    (error instanceof MailError && error.kind === 'busy')
  )
}

function addEmail({ mailboxes, item }: BatchMessage): MailOp {
  const mailboxIds = mailboxes.map(({ id }) => id)
  return { op: 'addEmail', mailboxIds, ...item }
}

function nameOf({ path }: SourcePlace): string {
  return path.join('/')
}
