import type { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'

import { type Clock, type DataShare, MailError, type Shortage } from '@gatepost/core'
import { spoolAfterBytes, type SpoolFile } from '@gatepost/spool'

import { BareLineEndings } from '../grammar/line-endings.ts'
import { MessagePieces } from '../session/message-pieces.ts'
import { headBytes, type ReceivedContent } from '../session/received-content.ts'
import { replies } from '../session/smtp-reply.ts'
import { DataPace } from './data-pace.ts'
import type { SmtpLimits } from './smtp-limits.ts'
import { SpooledMessage } from './spooled-message.ts'

export interface CollectOptions {
  readonly limits: Pick<SmtpLimits, 'maxMessageBytes' | 'dataPatienceMs' | 'minDataBytesPerSecond'>
  /** Charged with what is held; the caller leaves it when the message is dealt with. */
  readonly share: DataShare
  /** A file for what is too large for the memory. Left out: all of it is in memory. */
  readonly spool?: () => SpoolFile | undefined
  readonly clock: Pick<Clock, 'monotonic'>
  readonly onShortage: (shortage: Shortage) => void
  readonly onTooSlow: () => void
}

/** Whatever comes of it, it is disposed of: its file is removed. */
export interface CollectedMessage extends AsyncDisposable {
  readonly content: ReceivedContent
  /** Offset of the first CR or LF that is not part of CRLF, or -1. */
  readonly bareLineEnding: number
}

/** A small piece is copied: one that came byte by byte would cost a hundred times its length. */
const maxCopied = 16_384
const maxBlock = 65_536
/** What is copied in no time to speak of. */
const largeBytes = 1_048_576

/**
 * The whole message. Reads to the end whatever happens, since the reply to DATA comes after the final dot; a client that is too slow for that is
 * cut off: the stream is destroyed then.
 * @throws SmtpReply 552 over `maxMessageBytes`, 452 over the share or on a full disk, 421 when it comes too slowly, 451 when the client has gone
 */
export async function collectMessage(
  stream: Readable,
  options: CollectOptions,
): Promise<CollectedMessage> {
  const collector = new Collector(stream, options)
  try {
    return await collector.whole()
  } catch (error) {
    await collector.drop()
    // How smtp-server ends the stream when the client has gone: everyday, and no failure of ours.
    const isClientGone = error instanceof Error && 'code' in error && error.code === 'ECONNECTION'
    throw isClientGone ? replies.connectionLost() : error
  } finally {
    collector.stop()
  }
}

class Collector {
  readonly #stream: Readable
  readonly #options: CollectOptions
  readonly #pace: DataPace
  readonly #blocks: Buffer[] = []
  /** Bytes used of the last block. */
  #filled = 0
  #size = 0
  readonly #lineEndings = new BareLineEndings()
  #file: SpoolFile | undefined
  #head: Buffer = Buffer.alloc(0)
  #hasNul = false
  /** SmtpReply, or what the file system threw. */
  #refusal: unknown
  #timer: NodeJS.Timeout | undefined

  constructor(stream: Readable, options: CollectOptions) {
    this.#stream = stream
    this.#options = options
    this.#pace = new DataPace(options.limits, options.clock.monotonic())
    // Not an async iterator: for small messages its promises would cost more than the rest.
    stream.on('data', (chunk: Buffer) => this.#came(chunk))
    this.#watch(options.limits.dataPatienceMs)
  }

  async whole(): Promise<CollectedMessage> {
    await ended(this.#stream)
    await this.#file?.written().catch((error: unknown) => this.#refuse(refusalOf(error)))
    if (this.#refusal !== undefined) throw this.#refusal
    const content = this.#content()
    // Whoever gets it copies it once more: of 30 MB each copy takes ten milliseconds or more.
    if (content.length > largeBytes) await nextTurn()
    return {
      content,
      bareLineEnding: this.#lineEndings.end(),
      [Symbol.asyncDispose]: () => this.drop(),
    }
  }

  /** What is held, in memory and in the file. */
  async drop(): Promise<void> {
    this.#blocks.length = 0
    this.#options.share.drop()
    await this.#file?.[Symbol.asyncDispose]()
  }

  #content(): ReceivedContent {
    if (this.#file !== undefined)
      return new SpooledMessage(this.#file, { head: this.#head, hasNul: this.#hasNul })
    return new MessagePieces(this.#filledBlocks())
  }

  #filledBlocks(): Buffer[] {
    const last = this.#blocks.at(-1)
    return last === undefined ? [] : [...this.#blocks.slice(0, -1), last.subarray(0, this.#filled)]
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #came(chunk: Buffer): void {
    const { limits, onShortage, clock } = this.#options
    this.#size += chunk.length
    // Beyond the limit bytes buy no more time, or a message without an end would have all of it.
    if (this.#size > limits.maxMessageBytes) this.#refuse(replies.tooLarge())
    else this.#pace.came(chunk.length, clock.monotonic())
    if (this.#refusal !== undefined) return
    this.#lineEndings.came(chunk)
    const shortage = this.#take(chunk)
    if (shortage === undefined) return
    onShortage(shortage)
    this.#refuse(replies.noMemory())
  }

  #hold(chunk: Buffer): Shortage | undefined {
    const { share } = this.#options
    const last = this.#blocks.at(-1)
    if (last !== undefined && chunk.length <= last.length - this.#filled) {
      chunk.copy(last, this.#filled)
      this.#filled += chunk.length
      return undefined
    }
    const isCopied = chunk.length < maxCopied
    // As large as what is there already: few blocks for a large message, nothing wasted on a small one.
    const size = isCopied ? Math.max(chunk.length, Math.min(maxBlock, this.#size)) : chunk.length
    const shortage = share.take(size)
    if (shortage !== undefined) return shortage
    if (last !== undefined) this.#blocks[this.#blocks.length - 1] = last.subarray(0, this.#filled)
    const block = isCopied ? Buffer.allocUnsafeSlow(size) : chunk
    if (isCopied) chunk.copy(block)
    this.#blocks.push(block)
    this.#filled = chunk.length
    return undefined
  }

  #take(chunk: Buffer): Shortage | undefined {
    if (this.#file !== undefined) return this.#write(this.#file, chunk)
    const file = this.#size > spoolAfterBytes ? this.#options.spool?.() : undefined
    return file === undefined ? this.#hold(chunk) : this.#moveTo(file, chunk)
  }

  /** From here on the memory has the header, and what the disk has not taken yet: no more than the share has been charged with. */
  #moveTo(file: SpoolFile, chunk: Buffer): Shortage | undefined {
    this.#file = file
    const pieces = new MessagePieces(this.#filledBlocks())
    this.#head = pieces.slice(0, headBytes)
    for (const block of [...this.#filledBlocks(), chunk]) {
      const shortage = this.#write(file, block)
      if (shortage !== undefined) return shortage
    }
    this.#blocks.length = 0
    return undefined
  }

  #write(file: SpoolFile, chunk: Buffer): Shortage | undefined {
    this.#hasNul ||= chunk.includes(0)
    const shortage = file.write(chunk)
    if (shortage !== undefined || !file.isBehind || this.#stream.isPaused()) return shortage
    this.#stream.pause()
    void file
      .written()
      .catch((error: unknown) => this.#refuse(refusalOf(error)))
      .finally(() => this.#stream.resume())
    return undefined
  }

  #refuse(reply: unknown): void {
    this.#refusal ??= reply
    void this.drop()
  }

  #watch(afterMs: number): void {
    this.#timer = setTimeout(() => {
      // What the network has brought meanwhile has its turn first: the process may have been the slow one.
      setImmediate(() => this.#check())
    }, afterMs)
  }

  #check(): void {
    if (this.#stream.readableEnded || this.#stream.destroyed) return
    // It is the disk that is slow.
    if (this.#file?.isBehind === true) {
      this.#watch(this.#options.limits.dataPatienceMs)
      return
    }
    const left = this.#pace.left(this.#options.clock.monotonic())
    if (left > 0) {
      this.#watch(Math.ceil(left))
      return
    }
    this.#options.onTooSlow()
    this.#stream.destroy(this.#refusal instanceof Error ? this.#refusal : replies.tooSlow())
  }
}

function refusalOf(error: unknown): unknown {
  return error instanceof MailError && error.code === 'spool.full' ? replies.noMemory() : error
}

function ended(stream: Readable): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.once('end', resolve).once('error', reject)
    // Closed behind its end too, once for each message: no error is made for that.
    stream.once('close', () => {
      if (!stream.readableEnded) reject(replies.connectionLost())
    })
  })
}
