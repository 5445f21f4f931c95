import { opendir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'

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
import { findMaildirs } from './find-folders.ts'
import { parseFlags } from './flags.ts'
import { type FolderKeywords, readFolderKeywords } from './keyword-files.ts'
import { compareMessageNames, exportedName, parseMessageName } from './message-name.ts'

export async function openMaildirSource(root: string): Promise<MailSource> {
  const listed = await readMailboxList(root)
  const folders: SourceFolder[] = []
  let totalWeight = 0
  for (const { folder, path } of await findMaildirs(root)) {
    const known = listed.get(folder)
    totalWeight += await countMessages(join(root, folder))
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

interface MessageFile {
  readonly sub: 'cur' | 'new'
  readonly name: string
}

async function* messageFiles(folder: string): AsyncGenerator<MessageFile> {
  for (const sub of ['cur', 'new'] as const) {
    const entries = await opendir(join(folder, sub)).catch(() => [])
    for await (const { name } of entries) if (!name.startsWith('.')) yield { sub, name }
  }
}

async function countMessages(folder: string): Promise<number> {
  let count = 0
  for await (const { name } of messageFiles(folder)) count += name === '' ? 0 : 1
  return count
}

async function readMessage(
  folder: string,
  { sub, name }: MessageFile,
  keywords: FolderKeywords,
): Promise<MailItem> {
  const path = join(folder, sub, name)
  const { size, mtimeMs } = await stat(path)
  if (size > maxMessageBytes) throw tooLarge()
  const content = await readFile(path)
  const { base, flags } = parseMessageName(name)
  const parsed = parseFlags(flags, keywords.byLetter)
  const more = keywords.more.get(base) ?? []
  return {
    content: exportedName(base) === undefined ? withCrlf(content) : content,
    receivedAt: Math.round(mtimeMs),
    keywords: [...new Set([...parsed.keywords, ...more])].toSorted(),
    isDeleted: parsed.isDeleted,
  }
}
