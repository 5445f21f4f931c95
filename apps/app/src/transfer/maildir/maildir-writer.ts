import { opendir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'

import type { ExportFolder, ExportMessage, FolderState } from '../export-target.ts'
import { makeFolder, openToWrite } from '../regular-file.ts'
import { syncFolder } from '../replace-file.ts'
import { formatFlags } from './flags.ts'
import { KeywordLetters } from './keyword-files.ts'
import { baseName, exportedName, parseMessageName } from './message-name.ts'

/** Files written at the same time: their fsyncs then share one write of the file system's journal. */
const writersAtOnce = 16

/** One Maildir, in `tmp` first and then in `cur`: what is there is whole. */
export class MaildirWriter implements ExportFolder {
  readonly #path: string
  readonly #uidValidity: number
  readonly #letters: KeywordLetters
  /** UIDs whose files an earlier run has left without saying so. */
  readonly #present: ReadonlySet<number>

  private constructor(
    path: string,
    uidValidity: number,
    { letters, present }: { letters: KeywordLetters; present: ReadonlySet<number> },
  ) {
    this.#path = path
    this.#uidValidity = uidValidity
    this.#letters = letters
    this.#present = present
  }

  static async open(
    path: string,
    { uidValidity, afterUid, missing }: FolderState,
  ): Promise<MaildirWriter> {
    for (const sub of ['cur', 'new', 'tmp']) await makeFolder(join(path, sub))
    const present = new Set<number>()
    for (const sub of ['cur', 'new'])
      for await (const { name } of await opendir(join(path, sub))) {
        const own = exportedName(parseMessageName(name).base)
        if (own?.uidValidity !== uidValidity) continue
        if (own.uid > afterUid || missing.includes(own.uid)) present.add(own.uid)
      }
    return new MaildirWriter(path, uidValidity, {
      letters: await KeywordLetters.open(path),
      present,
    })
  }

  async write(messages: readonly ExportMessage[]): Promise<void> {
    const missing = messages.filter(({ uid }) => !this.#present.has(uid))
    await this.#letters.prepare(missing)
    for (let at = 0; at < missing.length; at += writersAtOnce) {
      const group = missing.slice(at, at + writersAtOnce)
      // All of them have ended when the first failure is told.
      const results = await Promise.allSettled(group.map((one) => this.#writeOne(one)))
      for (const result of results) if (result.status === 'rejected') throw result.reason
    }
    await syncFolder(join(this.#path, 'cur'))
  }

  /** Bytes are counted by formats that have all messages in one file. */
  get bytes(): number {
    return 0
  }

  async [Symbol.asyncDispose](): Promise<void> {}

  async #writeOne(message: ExportMessage): Promise<void> {
    const { uid, content, receivedAt, zoneMinutes, keywords } = message
    const base = baseName(
      { uidValidity: this.#uidValidity, uid, zoneMinutes },
      { receivedAt, size: content.byteLength },
    )
    const { letters, more } = this.#letters.lettersOf(keywords)
    if (more.length > 0) await this.#letters.note(base, more)
    const partial = join(this.#path, 'tmp', base)
    try {
      await writeFileOf(partial, content, receivedAt)
    } catch (error) {
      await rm(partial, { force: true })
      throw error
    }
    await rename(partial, join(this.#path, 'cur', `${base}:2,${formatFlags(message, letters)}`))
  }
}

async function writeFileOf(path: string, content: Uint8Array, receivedAt: number): Promise<void> {
  const file = await openToWrite(path, 'replace')
  try {
    await file.writeFile(content)
    await file.utimes(receivedAt / 1000, receivedAt / 1000)
    await file.sync()
  } finally {
    await file.close()
  }
}
