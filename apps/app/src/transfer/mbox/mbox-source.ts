import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'

import {
  type MailItem,
  type MailSource,
  type SourceFolder,
  type SourceMessage,
  tooLarge,
} from '../mail-item.ts'
import { readMailboxList } from '../mailbox-list.ts'
import { openRegular } from '../regular-file.ts'
import type { SourceReport } from '../skipped-files.ts'
import { parseEntry } from './entry.ts'
import { findMboxes } from './find-files.ts'
import { splitEntries } from './split-entries.ts'

export async function openMboxSource(named: string, report: SourceReport): Promise<MailSource> {
  const root = await realpath(named)
  const listed = await readMailboxList(root)
  const found = await findMboxes(root, report)
  const folders = found.map(({ file, path }): SourceFolder => {
    const known = listed.get(file)
    return {
      key: file,
      path: known?.path ?? path,
      ...(known === undefined ? {} : { known }),
      messages: () => messagesIn(file === '' ? root : join(root, file)),
    }
  })
  return { totalWeight: found.reduce((sum, { bytes }) => sum + bytes, 0), folders }
}

/** Their keys are hashes: other programs move the entries of an mbox about. Equal ones are numbered. */
async function* messagesIn(path: string): AsyncGenerator<SourceMessage> {
  const seen = new Map<string, number>()
  await using file = await openRegular(path)
  for await (const entry of splitEntries(file.createReadStream({ autoClose: false }))) {
    const { bytes } = entry
    if (entry.kind === 'tooLarge') {
      yield { key: `tooLarge ${seen.size}`, weight: bytes, read: () => Promise.reject(tooLarge()) }
      continue
    }
    const item = parseEntry(entry)
    if (isFolderData(item)) continue
    const hash = createHash('sha256').update(item.content).digest('base64url').slice(0, 22)
    const times = (seen.get(hash) ?? 0) + 1
    seen.set(hash, times)
    yield {
      key: times === 1 ? hash : `${hash} ${times}`,
      weight: bytes,
      read: () => Promise.resolve(item),
    }
  }
}

/** The first entry of mailboxes by Pine and UW-IMAP is no message. */
function isFolderData({ content }: MailItem): boolean {
  return content
    .subarray(0, 2_000)
    .toString('latin1')
    .includes("Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA")
}
