import {
  backupStore,
  type Problem,
  restoreStore,
  verifyStore,
  type VerifyPhase,
  type VerifyReport,
} from '@gatepost/store-sqlite'

import { type Command, type CommandContext, Refusal } from '../command.ts'
import { Progress } from '../progress.ts'
import { megabytes, printable } from '../shown-text.ts'
import { transferCommands } from './transfer.ts'

const phaseNames: Readonly<Record<VerifyPhase, string>> = {
  pages: 'pages of the database',
  rules: 'accounts, mailboxes, threads',
  mailboxes: 'counters of mailboxes',
  content: 'content of messages',
  searchIndex: 'full-text index',
}

export const storeCommands: readonly Command[] = [
  {
    name: 'store verify',
    usage: '[--deep]',
    summary:
      'look through the whole store, also while the server runs; --deep reads every message again',
    minPositionals: 0,
    maxPositionals: 0,
    options: { deep: { type: 'boolean' } },
    run: verify,
  },
  {
    name: 'store backup',
    usage: '<file> [--force]',
    summary: 'copy the store into one file, also while the server runs',
    minPositionals: 1,
    maxPositionals: 1,
    options: { force: { type: 'boolean' } },
    run: backup,
  },
  {
    name: 'store restore',
    usage: '<file> [--force]',
    summary: 'put a backup in the place of the store, which --force puts aside',
    minPositionals: 1,
    maxPositionals: 1,
    options: { force: { type: 'boolean' } },
    run: restore,
  },
  ...transferCommands,
]

async function verify({ loaded, options, isJson, print }: CommandContext): Promise<void> {
  using progress = new Progress()
  const report = await verifyStore({
    dataFolder: loaded.config.data,
    isDeep: options['deep'] === true,
    onProgress: ({ phase, done, total }) => progress.show(phaseNames[phase], done, total),
  })
  progress[Symbol.dispose]()
  const count = Object.values(report.counts).reduce((sum, one) => sum + one, 0)
  if (isJson) print(JSON.stringify({ isClean: count === 0, ...report }))
  else {
    for (const problem of report.problems) print(textOf(problem))
    if (count > report.problems.length)
      print(`and ${count - report.problems.length} more of these kinds`)
    if (count === 0) print(`${checkedText(report)}: no problems`)
  }
  if (count > 0) throw new Refusal(`${checkedText(report)}: ${count} problems`)
}

function checkedText({ checked }: VerifyReport): string {
  const { accounts, mailboxes, emails, blobs, blobBytes } = checked
  return `checked ${accounts} accounts, ${mailboxes} mailboxes, ${emails} emails, ${blobs} contents (${megabytes(blobBytes)})`
}

function textOf({ what, where, expected, found, affects, affectedEmails }: Problem): string {
  const { account, mailbox, ...rest } = where
  const place = [
    account,
    mailbox,
    ...Object.entries(rest).map(([name, value]) => `${name} ${value}`),
  ]
  const named = affects.map(
    (email) =>
      `\n  concerns ${email.account} ${email.mailbox ?? '(mailbox unknown)'} ${email.email}`,
  )
  const more = affectedEmails - affects.length
  const head = [what, ...place.filter((part) => part !== undefined)].join(' ')
  return printable(
    `${head}: expected ${expected}, found ${found}${named.join('')}${more > 0 ? `\n  and ${more} more` : ''}`,
  )
}

async function backup({
  loaded,
  positionals,
  options,
  isJson,
  print,
}: CommandContext): Promise<void> {
  const [to = ''] = positionals
  using progress = new Progress()
  const summary = await backupStore({
    dataFolder: loaded.config.data,
    to,
    mayReplace: options['force'] === true,
    onProgress: ({ done, total }) => progress.show('backup', done, total),
  })
  progress[Symbol.dispose]()
  if (isJson) print(JSON.stringify({ file: to, ...summary }))
  else
    print(
      `backed up ${summary.accounts} accounts with ${summary.emails} emails to ${to} (${megabytes(summary.bytes)}): it is as secret as the data folder`,
    )
}

async function restore({
  loaded,
  positionals,
  options,
  isJson,
  print,
}: CommandContext): Promise<void> {
  const [from = ''] = positionals
  const { data } = loaded.config
  using progress = new Progress()
  const summary = await restoreStore({
    dataFolder: data,
    from,
    mayReplace: options['force'] === true,
    onProgress: ({ done, total }) => progress.show('restore', done, total),
  })
  progress[Symbol.dispose]()
  if (isJson) {
    print(JSON.stringify({ file: from, ...summary }))
    return
  }
  const aside =
    summary.putAsideAs === null ? '' : `; the store that was there is ${summary.putAsideAs}`
  const queued =
    summary.queued === 0
      ? ''
      : `; ${summary.queued} messages wait to go out again (gatepost queue list)`
  print(
    `restored ${summary.accounts} accounts with ${summary.emails} emails to ${data}${aside}${queued}`,
  )
}
