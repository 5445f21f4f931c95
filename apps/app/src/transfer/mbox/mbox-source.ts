import { createHash } from 'node:crypto'
import { realpath } from 'node:fs/promises'
import { join } from 'node:path'

import { gmailPlace } from '../gmail-place.ts'
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

/** A scope that no file can have: the same message of Gmail may be in the file of each of its labels. */
const gmailScope = '//gmail'

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
      messages: () =>
        messagesIn(file === '' ? root : join(root, file), file === '' ? root : file, report),
    }
  })
  return { totalWeight: found.reduce((sum, { bytes }) => sum + bytes, 0), folders }
}

/** Their keys are hashes: other programs move the entries of an mbox about. Equal ones are numbered. */
async function* messagesIn(
  path: string,
  name: string,
  report: SourceReport,
): AsyncGenerator<SourceMessage> {
  const seen = new Map<string, number>()
  await using file = await openRegular(path)
  const { mtimeMs, size } = await file.stat()
  if (size === 0) return
  let expunged = 0
  // Up to where it ended when it was opened: whoever writes to it may never stop.
  const content = file.createReadStream({ autoClose: false, end: size - 1 })
  for await (const entry of splitEntries(content)) {
    const { bytes } = entry
    if (entry.kind === 'entry' && entry.isLast && (await file.stat()).size !== size) {
      report.fail(name, 'it is being written to: run the import again for its last message')
      continue
    }
    if (entry.kind === 'stray') {
      report.fail(name, `${bytes} bytes of text in front of the first line that begins a message`)
      continue
    }
    if (entry.kind === 'tooLarge') {
      yield { key: `tooLarge ${seen.size}`, weight: bytes, read: () => Promise.reject(tooLarge()) }
      continue
    }
    const parsed = parseEntry(entry, Math.round(mtimeMs))
    const { item } = parsed
    if (parsed.isExpunged) expunged += 1
    if (parsed.isExpunged || isFolderData(item)) continue
    const hash = createHash('sha256').update(item.content).digest('base64url').slice(0, 22)
    const times = (seen.get(hash) ?? 0) + 1
    seen.set(hash, times)
    yield {
      key: times === 1 ? hash : `${hash} ${times}`,
      weight: bytes,
      ...(parsed.gmailMailboxes === undefined
        ? {}
        : { place: gmailPlace(parsed.gmailMailboxes, gmailScope) }),
      read: () => Promise.resolve(item),
    }
  }
  if (expunged > 0) report.skip(name, 'expunged, but not compacted yet', expunged)
}

/** The first entry of mailboxes by Pine and UW-IMAP is no message. */
function isFolderData({ content }: MailItem): boolean {
  return content
    .subarray(0, 2_000)
    .toString('latin1')
    .includes("Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA")
}
