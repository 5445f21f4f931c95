import type { FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'

import type { ExportFolder, ExportMessage, FolderState } from '../export-target.ts'
import { openToWrite } from '../regular-file.ts'
import { syncFolder } from '../replace-file.ts'
import { formatEntry } from './entry.ts'

/** One mbox file, written at its end. */
export class MboxWriter implements ExportFolder {
  readonly #file: FileHandle
  #bytes: number

  private constructor(file: FileHandle, bytes: number) {
    this.#file = file
    this.#bytes = bytes
  }

  /**
   * Cuts off what an interrupted run has written and not told of.
   * @throws Error when another program has changed the file since
   */
  static async open(path: string, state: FolderState): Promise<MboxWriter> {
    const file = await openToWrite(path, 'append')
    try {
      const { size } = await file.stat()
      const isAsLeft = state.isInterrupted ? size >= state.bytes : size === state.bytes
      if (!isAsLeft) throw new Error(`${path} has been changed since it was written`)
      await file.truncate(state.bytes)
      await syncFolder(dirname(path))
      return new MboxWriter(file, state.bytes)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get bytes(): number {
    return this.#bytes
  }

  async write(messages: readonly ExportMessage[]): Promise<void> {
    for (const message of messages) {
      const entry = formatEntry(message)
      await this.#file.appendFile(entry)
      this.#bytes += entry.byteLength
    }
    await this.#file.sync()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}
