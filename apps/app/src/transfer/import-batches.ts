import type { Mailbox } from '@gatepost/core'

import type { MailItem } from './mail-item.ts'

/** A message that waits for its transaction. */
export interface BatchMessage {
  readonly key: string
  readonly weight: number
  readonly item: MailItem
  /** At least one; the first one is the batch's. */
  readonly mailboxes: readonly [Mailbox, ...Mailbox[]]
}

/** What goes into the store in one transaction. */
export interface Batch {
  /** Of the keys. */
  readonly scope: string
  readonly mailbox: Mailbox
  readonly messages: readonly BatchMessage[]
}

/** Of one transaction. */
const maxBatch = 100
/** Of all that wait. */
const maxWaitingBytes = 8_388_608

/** Messages of one scope and one (first) mailbox go together: that is how the journal finds them again. */
export class ImportBatches {
  #batches = new Map<string, Batch & { readonly messages: BatchMessage[] }>()
  #keys = new Set<string>()
  #bytes = 0

  has(scope: string, key: string): boolean {
    return this.#keys.has(`${scope}\0${key}`)
  }

  /** The batches that do not wait any longer. */
  add(scope: string, message: BatchMessage): readonly Batch[] {
    const [mailbox] = message.mailboxes
    const name = `${scope}\0${mailbox.id}`
    const batch = this.#batches.get(name) ?? { scope, mailbox, messages: [] }
    this.#batches.set(name, batch)
    batch.messages.push(message)
    this.#keys.add(`${scope}\0${message.key}`)
    this.#bytes += message.item.content.byteLength
    if (this.#bytes >= maxWaitingBytes) return this.takeAll()
    if (batch.messages.length < maxBatch) return []
    this.#batches.delete(name)
    for (const { key, item } of batch.messages) {
      this.#keys.delete(`${scope}\0${key}`)
      this.#bytes -= item.content.byteLength
    }
    return [batch]
  }

  takeAll(): readonly Batch[] {
    const batches = [...this.#batches.values()]
    this.#batches = new Map()
    this.#keys = new Set()
    this.#bytes = 0
    return batches
  }
}
