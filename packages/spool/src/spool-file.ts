import { open, rm, type FileHandle } from 'node:fs/promises'

import { type DataShare, MailError, type Shortage, type SpooledContent } from '@gatepost/core'

/** What waits for the disk: the writer of the file is to wait then. */
const maxBehindBytes = 262_144
/** A piece in memory, whatever its length. */
const pieceBytes = 128
/** ENOSPC, EDQUOT: of the disk, of whoever the process runs as. */
const fullCodes: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT'])

/** One message on its way in. It is gone with its disposal. */
export class SpoolFile implements AsyncDisposable {
  readonly #path: string
  readonly #share: DataShare
  #handle: FileHandle | undefined
  #waiting: Uint8Array[] = []
  #behindBytes = 0
  #size = 0
  /** Taken of the share, and not yet written. */
  #reservedBytes = 0
  #writing: Promise<void> | undefined
  #failure: unknown
  #ending: Promise<void> | undefined

  constructor(path: string, share: DataShare) {
    this.#path = path
    this.#share = share
  }

  /** In bytes. */
  get size(): number {
    return this.#size
  }

  /** The disk is slower than the client: `written` says when it is not. */
  get isBehind(): boolean {
    return this.#behindBytes >= maxBehindBytes
  }

  /** Room for what has been announced. Undefined when there was so much. */
  reserve(bytes: number): Shortage | undefined {
    const shortage = this.#share.take(bytes)
    if (shortage === undefined) this.#reservedBytes += bytes
    return shortage
  }

  /** Undefined when there was room for it; otherwise it is not in the file. `bytes` must not change any more. After a failure, which `written` tells, nothing is written. */
  write(bytes: Uint8Array): Shortage | undefined {
    if (this.#failure !== undefined || this.#ending !== undefined) return undefined
    const shortage = this.#share.take(Math.max(0, bytes.length - this.#reservedBytes))
    if (shortage !== undefined) return shortage
    this.#reservedBytes = Math.max(0, this.#reservedBytes - bytes.length)
    this.#waiting.push(bytes)
    this.#size += bytes.length
    this.#behindBytes += bytes.length + pieceBytes
    this.#writing ??= this.#writeAll()
    return undefined
  }

  /** Everything is in the file. @throws MailError busy `spool.full`; Error of the file system */
  async written(): Promise<void> {
    await this.#writing
    if (this.#failure !== undefined) throw this.#failure
  }

  /** Of what is written. @throws Error of the file system */
  async read(start: number, end: number): Promise<Buffer> {
    const bytes = Buffer.alloc(Math.max(0, Math.min(end, this.#size) - start))
    if (bytes.length === 0 || this.#handle === undefined) return bytes.subarray(0, 0)
    const { bytesRead } = await this.#handle.read(bytes, 0, bytes.length, start)
    return bytes.subarray(0, bytesRead)
  }

  /** The message with another beginning in the place of its first bytes, for as long as the file is there. */
  content(beginning: readonly Uint8Array[], from: number): SpooledContent {
    const head = Buffer.concat(beginning)
    return { path: this.#path, head, from, size: head.length + Math.max(0, this.#size - from) }
  }

  /** May be called more than once, and while it is written: each call resolves when the file is gone. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#ending ??= this.#end()
    return this.#ending
  }

  async #end(): Promise<void> {
    this.#waiting = []
    await this.#writing
    try {
      await this.#handle?.close()
      await rm(this.#path, { force: true })
    } catch {
      // The next start removes what is left.
    } finally {
      this.#share.leave()
    }
  }

  async #writeAll(): Promise<void> {
    try {
      this.#handle ??= await open(this.#path, 'wx+', 0o600)
      while (this.#waiting.length > 0) {
        const pieces = this.#waiting
        this.#waiting = []
        await writePieces(this.#handle, pieces)
        for (const { length } of pieces) this.#behindBytes -= length + pieceBytes
      }
    } catch (error) {
      this.#failure = isFull(error) ? spoolFull(error) : error
      this.#waiting = []
      this.#behindBytes = 0
    } finally {
      this.#writing = undefined
    }
  }
}

async function writePieces(handle: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  const total = pieces.reduce((sum, { length }) => sum + length, 0)
  const { bytesWritten } = await handle.writev(pieces)
  // A disk that is nearly full takes a part; what becomes of the rest is told by the next try.
  if (bytesWritten < total) await handle.appendFile(Buffer.concat(pieces).subarray(bytesWritten))
}

function isFull(error: unknown): boolean {
  return error instanceof Error && 'code' in error && fullCodes.has(error.code)
}

function spoolFull(cause: unknown): MailError {
  return new MailError('busy', 'spool.full', 'There is no room for so much content now', { cause })
}
