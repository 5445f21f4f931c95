import { imapName, type ImapServer } from './imap/imap-connection.ts'
import { openImapSource } from './imap/imap-source.ts'
import { ImportJournal } from './import-journal.ts'
import { type ImportOptions, ImportRun } from './import-run.ts'
import type { MailSource } from './mail-item.ts'
import { openMaildirSource } from './maildir/maildir-source.ts'
import { openMboxSource } from './mbox/mbox-source.ts'
import { NoRegularFile } from './regular-file.ts'
import { TransferRefusal } from './transfer-refusal.ts'
import { type TransferSummary, TransferTally } from './transfer-summary.ts'

export interface FileImportOptions extends ImportOptions {
  readonly root: string
  readonly format: 'maildir' | 'mbox'
}

export interface ImapImportOptions extends ImportOptions {
  readonly server: ImapServer
}

/**
 * Puts the messages of a Maildir or mbox into an account, with their folders, flags and dates. What an earlier run has imported is passed over, also
 * when it was interrupted. A message that cannot be read or stored is told of, and the others are imported.
 * @throws TransferRefusal when there is nothing to import, or the journal is not of this import
 */
export async function importMail(options: FileImportOptions): Promise<TransferSummary> {
  const { root, format } = options
  const tally = new TransferTally()
  const source = await opening(() =>
    format === 'maildir' ? openMaildirSource(root, tally) : openMboxSource(root, tally),
  )
  if (source.folders.length === 0) throw new TransferRefusal(`there is no ${format} in ${root}`)
  return await importFrom(options, { source, tally, about: { root, format } })
}

/**
 * The same with everything that somebody has on another server, over IMAP.
 * @throws TransferRefusal when the server cannot be reached or does not let the user in, or the journal is not of this import
 */
export async function importImap(options: ImapImportOptions): Promise<TransferSummary> {
  const tally = new TransferTally()
  await using source = await openImapSource(options.server, tally)
  const about = { root: imapName(options.server), format: 'imap' }
  return await importFrom(options, { source, tally, about })
}

interface Origin {
  readonly source: MailSource
  readonly tally: TransferTally
  /** What the journal is of. */
  readonly about: Readonly<Record<'root' | 'format', string>>
}

async function importFrom(
  options: ImportOptions,
  { source, tally, about }: Origin,
): Promise<TransferSummary> {
  using journal = ImportJournal.open(options.journalPath, {
    account: options.account,
    ...about,
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
