import { opendir, realpath } from 'node:fs/promises'
import { join } from 'node:path'

import { usableKeywords } from '../keyword-names.ts'
import { withCrlf } from '../line-ends.ts'
import {
  type MailItem,
  type MailSource,
  maxMessageBytes,
  type SourceFolder,
  type SourceMessage,
  tooLarge,
} from '../mail-item.ts'
import { readMailboxList } from '../mailbox-list.ts'
import { openRegular } from '../regular-file.ts'
import { entriesOf, type SourceReport } from '../skipped-files.ts'
import { findMaildirs } from './find-folders.ts'
import { parseFlags } from './flags.ts'
import { type FolderKeywords, readFolderKeywords } from './keyword-files.ts'
import { compareMessageNames, exportedName, parseMessageName } from './message-name.ts'

export async function openMaildirSource(named: string, report: SourceReport): Promise<MailSource> {
  const root = await realpath(named)
  const listed = await readMailboxList(root)
  const folders: SourceFolder[] = []
  let totalWeight = 0
  for (const { folder, path } of await findMaildirs(root, report)) {
    const known = listed.get(folder)
    totalWeight += await countMessages(join(root, folder), {
      skip: (name, reason) => report.skip(join(folder, name), reason),
      // Told of when its messages are asked for.
    }).catch(() => 0)
    folders.push({
      key: folder,
      path: known?.path ?? path,
      ...(known === undefined ? {} : { known }),
      messages: () => messagesIn(join(root, folder)),
    })
  }
  return { totalWeight, folders }
}

/** The names are in memory, all of a folder; the messages are not. */
async function* messagesIn(folder: string): AsyncGenerator<SourceMessage> {
  const keywords = await readFolderKeywords(folder)
  const files: MessageFile[] = []
  for await (const file of messageFiles(folder)) files.push(file)
  files.sort((one, other) => compareMessageNames(one.name, other.name))
  for (const file of files) {
    const { base } = parseMessageName(file.name)
    yield { key: base, weight: 1, read: () => readMessage(folder, file, keywords) }
  }
}

type Skipping = Pick<SourceReport, 'skip'>

interface MessageFile {
  readonly sub: 'cur' | 'new'
  readonly name: string
}

async function* messageFiles(
  folder: string,
  report: Skipping = { skip: () => undefined },
): AsyncGenerator<MessageFile> {
  for (const { name: sub, kind } of await entriesOf(folder)) {
    if (sub !== 'cur' && sub !== 'new') continue
    if (kind !== 'folder') {
      report.skip(sub, 'no folder')
      continue
    }
    for await (const entry of await opendir(join(folder, sub))) {
      if (entry.name.startsWith('.')) continue
      if (entry.isFile()) yield { sub, name: entry.name }
      else report.skip(join(sub, entry.name), 'no regular file')
    }
  }
}

async function countMessages(folder: string, report: Skipping): Promise<number> {
  let count = 0
  for await (const { name } of messageFiles(folder, report)) count += name === '' ? 0 : 1
  return count
}

async function readMessage(
  folder: string,
  { sub, name }: MessageFile,
  keywords: FolderKeywords,
): Promise<MailItem> {
  const { content, mtimeMs } = await readWhole(join(folder, sub, name))
  const { base, flags } = parseMessageName(name)
  const parsed = parseFlags(flags, keywords.byLetter)
  const more = keywords.more.get(base) ?? []
  const exported = exportedName(base)
  return {
    content: exported === undefined ? withCrlf(content) : content,
    receivedAt: Math.round(mtimeMs),
    zoneMinutes: exported?.zoneMinutes ?? 0,
    keywords: usableKeywords([...parsed.keywords, ...more]),
    isDeleted: parsed.isDeleted,
  }
}

async function readWhole(path: string): Promise<{ content: Buffer; mtimeMs: number }> {
  const file = await openRegular(path)
  try {
    const { size, mtimeMs } = await file.stat()
    if (size > maxMessageBytes) throw tooLarge()
    return { content: await file.readFile(), mtimeMs }
  } finally {
    await file.close()
  }
}
