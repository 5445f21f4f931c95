import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

import type { AccountName } from '@gatepost/core'
import type { SqliteStore } from '@gatepost/store-sqlite'

import { exportMail } from '../../transfer/export-mail.ts'
import { type ImapServer, imapName } from '../../transfer/imap/imap-connection.ts'
import { importImap, importMail } from '../../transfer/import-mail.ts'
import { TransferRefusal } from '../../transfer/transfer-refusal.ts'
import type { TransferProgress, TransferSummary } from '../../transfer/transfer-summary.ts'
import { type Command, type CommandContext, Refusal } from '../command.ts'
import { imapOptions, imapServer, imapUsage } from '../imap-server-options.ts'
import { Progress } from '../progress.ts'
import { megabytes, printable, printableJson } from '../shown-text.ts'
import { addressOf } from './account.ts'

/** Failures told one by one. */
const maxTold = 20

const mailFormats = { maildir: { type: 'string' }, mbox: { type: 'string' } } as const

export const transferCommands: readonly Command[] = [
  {
    name: 'store export',
    usage: '<account> --maildir DIR | --mbox DIR',
    summary: 'write all mail of an account; run it again to go on or to add what is new',
    minPositionals: 1,
    maxPositionals: 1,
    options: mailFormats,
    run: exportAccount,
  },
  {
    name: 'store import',
    usage: `<account> --maildir DIR | --mbox DIR | ${imapUsage} [--prefix FOLDER]`,
    summary: 'read mail into an account; run it again to go on or to add what is new',
    minPositionals: 1,
    maxPositionals: 1,
    options: { ...mailFormats, ...imapOptions, prefix: { type: 'string' } },
    run: importAccount,
  },
]

async function exportAccount(context: CommandContext): Promise<void> {
  const { format, folder } = formatOf(context)
  const store = await context.store()
  const account = await accountOf(store, context)
  using progress = new Progress()
  const summary = await refusing(() =>
    exportMail({
      mail: store.mail,
      account: account.id,
      root: folder,
      format,
      onProgress: ({ done, total }) => progress.show('export', done, total),
    }),
  )
  progress[Symbol.dispose]()
  const told = `exported ${summary.messages} messages (${megabytes(summary.bytes)}) of ${account.address} from ${summary.mailboxes} mailboxes to ${folder}`
  tell(context, summary, { account: account.address, format, folder, told })
}

async function importAccount(context: CommandContext): Promise<void> {
  const prefix = prefixOf(context)
  const store = await context.store()
  const account = await accountOf(store, context)
  const from = await importOrigin(context)
  const { format, folder } = from
  const journalPath = importJournalPath(context, { account, format, folder, prefix })
  using progress = new Progress()
  const options = {
    mail: store.mail,
    account: account.id,
    prefix,
    journalPath,
    onProgress: ({ done, total }: TransferProgress) => progress.show('import', done, total),
  }
  const summary = await refusing(() =>
    from.format === 'imap'
      ? importImap({ ...options, server: from.server })
      : importMail({ ...options, root: folder, format: from.format }),
  )
  progress[Symbol.dispose]()
  const told = `imported ${summary.messages} messages (${megabytes(summary.bytes)}) from ${folder} into ${summary.mailboxes} mailboxes of ${account.address}`
  tell(context, summary, { account: account.address, format, folder, told, journal: journalPath })
}

type ImportOrigin =
  | { readonly format: 'maildir' | 'mbox'; readonly folder: string }
  | { readonly format: 'imap'; readonly folder: string; readonly server: ImapServer }

/** @throws Refusal */
async function importOrigin(context: CommandContext): Promise<ImportOrigin> {
  const { imap, maildir, mbox } = context.options
  if (typeof imap !== 'string') return formatOf(context, ', or --imap HOST --user NAME')
  if (maildir !== undefined || mbox !== undefined)
    throw new Refusal('say where the mail is: one of --maildir, --mbox and --imap')
  const server = await imapServer(imap, context)
  return { format: 'imap', folder: imapName(server), server }
}

interface Told {
  readonly account: string
  readonly format: string
  readonly folder: string
  readonly told: string
  readonly journal?: string
}

/** @throws Refusal when not everything was transferred */
function tell(context: CommandContext, summary: TransferSummary, told: Told): void {
  const { told: sentence, ...about } = told
  const journal = told.journal === undefined ? '' : ` (${told.journal} remembers)`
  const earlier = summary.earlier === 0 ? '' : `; ${summary.earlier} had been done before${journal}`
  if (context.isJson) context.print(printableJson({ ...about, ...summary }))
  else context.print(`${sentence}${earlier}`)
  const { failures, failed, skipped, skippedCount, stoppedBy } = summary
  if (skippedCount > 0 && !context.isJson) {
    const shown = skipped.slice(0, maxTold).map(({ where, reason }) => `${where}: ${reason}`)
    const others = skippedCount > shown.length ? [`and ${skippedCount - shown.length} more`] : []
    context.print(printable([`${skippedCount} skipped`, ...shown, ...others].join('\n  ')))
  }
  if (failed === 0 && stoppedBy === null) {
    if (skippedCount > 0 && summary.messages + summary.earlier === 0)
      throw new Refusal(`no message was transferred, and ${skippedCount} skipped`)
    return
  }
  if (failed === 0)
    throw new Refusal(printable(`not everything was transferred: ${String(stoppedBy)}`))
  const lines = failures.slice(0, maxTold).map(({ where, reason }) => `${where}: ${reason}`)
  const more = failed > lines.length ? [`and ${failed - lines.length} more`] : []
  const stopped = stoppedBy === null ? [] : [`stopped: ${stoppedBy}`]
  throw new Refusal(printable([`${failed} failed`, ...lines, ...more, ...stopped].join('\n  ')))
}

function formatOf(
  { options }: CommandContext,
  others = '',
): { readonly format: 'maildir' | 'mbox'; readonly folder: string } {
  const { maildir, mbox } = options
  if (typeof maildir === 'string' && mbox === undefined)
    return { format: 'maildir', folder: resolve(maildir) }
  if (typeof mbox === 'string' && maildir === undefined)
    return { format: 'mbox', folder: resolve(mbox) }
  throw new Refusal(`say where the mail is: either --maildir DIR or --mbox DIR${others}`)
}

function prefixOf({ options }: CommandContext): string[] {
  const { prefix } = options
  return typeof prefix === 'string' ? prefix.split('/').filter((level) => level !== '') : []
}

async function accountOf(
  store: SqliteStore,
  { positionals }: CommandContext,
): Promise<AccountName> {
  const { address } = addressOf(positionals[0])
  const account = (await store.directory.login(address))?.access.account
  if (account === undefined) throw new Refusal(`no account ${address}`)
  return account
}

/** In the data folder, with the mail that it tells of: the folder that is read may be read-only. */
function importJournalPath(
  { loaded }: CommandContext,
  about: {
    readonly account: AccountName
    readonly format: string
    readonly folder: string
    readonly prefix: readonly string[]
  },
): string {
  const folder = join(loaded.config.data, 'imports')
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const { account, format, prefix } = about
  const text = JSON.stringify([account.id, format, about.folder, prefix])
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 16)
  return join(folder, `${account.address.replaceAll('/', '_')}-${hash}.journal`)
}

/** What the transfer cannot work with is a refusal, not a defect. */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof TransferRefusal ? new Refusal(printable(error.message)) : error
  }
}
