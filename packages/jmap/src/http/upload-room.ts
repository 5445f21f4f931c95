import { DataMemory, type AccountId, type DataShare, type MemoryPool } from '@gatepost/core'
import { spoolAfterBytes, type Spool, type SpoolFile } from '@gatepost/spool'

import type { JmapLimits } from '../limits.ts'

/** Of an upload that goes into a file: on its way from the socket, and not yet taken by the disk. */
const spoolingBytes = 524_288

/** The room for uploads on their way, in memory and in files. An upload that does not fit waits for those before it to end. */
export class UploadRoom {
  readonly #memory: DataMemory
  readonly #line: Line

  constructor(
    limits: Pick<JmapLimits, 'maxUploadBytesInFlight' | 'maxSizeUpload' | 'uploadWaitMs'>,
    pool: MemoryPool | undefined,
    spool: Spool | undefined,
  ) {
    this.#line = { waiting: new Set(), waitMs: limits.uploadWaitMs, spool }
    this.#memory = new DataMemory(
      { maxBytesInFlight: limits.maxUploadBytesInFlight, maxMessageBytes: limits.maxSizeUpload },
      pool,
    )
  }

  /** For one upload. The caller leaves whatever comes of it. */
  enter(account: AccountId): UploadPlace {
    return new UploadPlace(account, this.#memory.enter(account), this.#line)
  }
}

/** What of a body is in memory. */
export interface HeldPieces {
  readonly pieces: readonly Buffer[]
  readonly bytes: number
}

interface Line {
  readonly waiting: Set<() => void>
  readonly waitMs: number
  readonly spool: Spool | undefined
}

export class UploadPlace {
  readonly #account: AccountId
  readonly #share: DataShare
  readonly #line: Line
  #file: SpoolFile | undefined
  #use: Promise<unknown> = Promise.resolve()
  #stopWaiting: (() => void) | undefined

  constructor(account: AccountId, share: DataShare, line: Line) {
    this.#account = account
    this.#share = share
    this.#line = line
  }

  /** Where the body goes; undefined: into memory. */
  get file(): SpoolFile | undefined {
    return this.#file
  }

  /** For a body of so many bytes. False: there was no room for it in time. Only one call at a time. */
  async take(bytes: number): Promise<boolean> {
    const { spool } = this.#line
    if (bytes <= spoolAfterBytes || spool === undefined)
      return this.#wait(() => this.#share.take(bytes) === undefined)
    const file = this.#begin(spool)
    return (
      (await this.#wait(() => this.#share.take(spoolingBytes) === undefined)) &&
      this.#wait(() => file.reserve(bytes) === undefined)
    )
  }

  /** For one more piece of a body whose length was not said; with a file the piece is in it. False as of `take`. */
  takeMore(piece: Buffer, held: HeldPieces): Promise<boolean> {
    if (this.#file !== undefined) return this.write(piece)
    const { spool } = this.#line
    if (held.bytes + piece.length <= spoolAfterBytes || spool === undefined)
      return this.#wait(() => this.#share.take(piece.length) === undefined)
    this.#begin(spool)
    return this.write(Buffer.concat([...held.pieces, piece]))
  }

  /** Into the file, as fast as the disk takes it. False as of `take`. @throws MailError busy `spool.full` */
  async write(piece: Buffer): Promise<boolean> {
    const file = this.#file
    if (file === undefined) throw new Error('a body that goes into memory')
    const isWritten = await this.#wait(() => file.write(piece) === undefined)
    if (file.isBehind) await file.written()
    return isWritten
  }

  /** Its file stays until `work` is done, though the client goes. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    const using = work()
    this.#use = using.catch(() => undefined)
    return using
  }

  /** Gives the room to those who wait, first come, first served. May be called more than once. */
  leave(): void {
    this.#stopWaiting?.()
    this.#share.leave()
    this.#wakeAll()
    if (this.#file === undefined) return
    const file = this.#file
    void this.#use.then(() => file[Symbol.asyncDispose]()).then(() => this.#wakeAll())
  }

  #begin(spool: Spool): SpoolFile {
    this.#file = spool.begin(this.#account)
    return this.#file
  }

  #wakeAll(): void {
    for (const tryAgain of this.#line.waiting) tryAgain()
  }

  async #wait(isTaken: () => boolean): Promise<boolean> {
    if (isTaken()) return true
    const { promise, resolve } = Promise.withResolvers<boolean>()
    const { waiting, waitMs } = this.#line
    const tryAgain = (): void => {
      if (isTaken()) resolve(true)
    }
    const timer = setTimeout(() => resolve(false), waitMs)
    this.#stopWaiting = () => resolve(false)
    waiting.add(tryAgain)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      waiting.delete(tryAgain)
      this.#stopWaiting = undefined
    }
  }
}
