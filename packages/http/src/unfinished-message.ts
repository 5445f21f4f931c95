/** Opcode and length, and the mask that every client uses (RFC 6455 section 5.2). */
const controlHeaderBytes = 6

/**
 * Since when a message is coming in that has not ended. It sees bytes, and messages and control frames that are complete; what came behind a message
 * in the same piece it does not see, which is less than one read.
 */
export class UnfinishedMessage {
  #bytes = 0
  #since = 0

  add(bytes: number, now: number): void {
    if (this.#bytes === 0) this.#since = now
    this.#bytes += bytes
  }

  /** A ping between the frames of a message does not make it younger. */
  addControlFrame(payloadBytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - controlHeaderBytes - payloadBytes)
  }

  /** A message is complete. */
  end(): void {
    this.#bytes = 0
  }

  /** 0: there is none. */
  ageMs(now: number): number {
    return this.#bytes > 0 ? now - this.#since : 0
  }
}
