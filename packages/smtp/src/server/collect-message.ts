import type { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'

import type { Clock, DataShare, Shortage } from '@gatepost/core'

import { BareLineEndings } from '../grammar/line-endings.ts'
import { MessagePieces } from '../session/message-pieces.ts'
import { replies, type SmtpReply } from '../session/smtp-reply.ts'
import { DataPace } from './data-pace.ts'
import type { SmtpLimits } from './smtp-limits.ts'

export interface CollectOptions {
  readonly limits: Pick<SmtpLimits, 'maxMessageBytes' | 'dataPatienceMs' | 'minDataBytesPerSecond'>
  /** Charged with what is held; the caller leaves it when the message is dealt with. */
  readonly share: DataShare
  readonly clock: Pick<Clock, 'monotonic'>
  readonly onShortage: (shortage: Shortage) => void
  readonly onTooSlow: () => void
}

export interface CollectedMessage {
  readonly content: MessagePieces
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
 * @throws SmtpReply 552 over `maxMessageBytes`, 452 over the share, 421 when it comes too slowly, 451 when the client has gone
 */
export async function collectMessage(
  stream: Readable,
  options: CollectOptions,
): Promise<CollectedMessage> {
  const collector = new Collector(stream, options)
  try {
    return await collector.whole()
  } catch (error) {
    options.share.drop()
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
  #refusal: SmtpReply | undefined
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
    if (this.#refusal !== undefined) throw this.#refusal
    const content = this.#content()
    // Whoever gets it copies it once more: of 30 MB each copy takes ten milliseconds or more.
    if (content.length > largeBytes) await nextTurn()
    return { content, bareLineEnding: this.#lineEndings.end() }
  }

  #content(): MessagePieces {
    const last = this.#blocks.pop()
    return new MessagePieces(
      last === undefined ? [] : [...this.#blocks, last.subarray(0, this.#filled)],
    )
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
    const shortage = this.#hold(chunk)
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

  #refuse(reply: SmtpReply): void {
    this.#refusal ??= reply
    this.#blocks.length = 0
    this.#options.share.drop()
  }

  #watch(afterMs: number): void {
    this.#timer = setTimeout(() => {
      // What the network has brought meanwhile has its turn first: the process may have been the slow one.
      setImmediate(() => this.#check())
    }, afterMs)
  }

  #check(): void {
    if (this.#stream.readableEnded || this.#stream.destroyed) return
    const left = this.#pace.left(this.#options.clock.monotonic())
    if (left > 0) {
      this.#watch(Math.ceil(left))
      return
    }
    this.#options.onTooSlow()
    this.#stream.destroy(this.#refusal ?? replies.tooSlow())
  }
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
