import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'

import { describe, expect, it } from 'vitest'

import { ConnectionEnded } from './connection-ended.ts'
import { ResponseWriter } from './response-writer.ts'

/** A socket whose peer takes nothing until it is told to. */
class StuckSocket extends Duplex {
  readonly written: string[] = []
  #release: (() => void) | undefined

  constructor() {
    super({ highWaterMark: 10 })
    this.on('error', () => undefined)
  }
  override _read(): void {}
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.written.push(chunk.toString('latin1'))
    this.#release = done
  }
  release(): void {
    this.#release?.()
  }
}

// All that the writer uses of a socket is its stream.
const asSocket = (stream: Duplex): Socket => stream as unknown as Socket

describe('ResponseWriter', () => {
  it('waits for a slow reader, and goes on when it reads', async () => {
    const stuck = new StuckSocket()
    const writer = new ResponseWriter(asSocket(stuck), 60_000)
    writer.line('* more than ten bytes')
    let isFlushed = false
    const flushed = writer.flush().then(() => (isFlushed = true))
    await new Promise(setImmediate)
    expect(isFlushed).toBe(false)
    stuck.release()
    await flushed
    expect(stuck.written).toEqual(['* more than ten bytes\r\n'])
  })

  it('gives up on a reader that reads nothing', async () => {
    const stuck = new StuckSocket()
    const writer = new ResponseWriter(asSocket(stuck), 10)
    writer.line('* more than ten bytes')
    await expect(writer.flush()).rejects.toBeInstanceOf(ConnectionEnded)
    expect(stuck.destroyed).toBe(true)
  })

  it('stops whoever writes to a client that has gone', async () => {
    const stuck = new StuckSocket()
    const writer = new ResponseWriter(asSocket(stuck), 60_000)
    writer.line('* more than ten bytes')
    const flushed = writer.flush()
    stuck.destroy()
    await expect(flushed).rejects.toBeInstanceOf(ConnectionEnded)
    await expect(writer.flush()).rejects.toBeInstanceOf(ConnectionEnded)
  })
})
