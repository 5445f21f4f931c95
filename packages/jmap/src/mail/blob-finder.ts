import type { AccountId, BlobId, EmailId, MailReader, MailStore } from '@gatepost/core'
import { findPart, headerFields, type MimeIndex } from '@gatepost/mime'

import { bytesPerEmail, type RequestBudget } from '../budget/request-budget.ts'
import { readBlob, type BlobPlace } from './blob-content.ts'
import type { MessageIndexer } from './message-indexer.ts'
import { isCoded, type ReadRange } from './message-source.ts'
import { parsePartBlobId } from './part-blob-id.ts'

export interface BlobFinderOptions {
  readonly store: Pick<MailStore, 'read'>
  readonly account: AccountId
  readonly indexer: MessageIndexer
  readonly budget: RequestBudget
}

interface IndexedMessage {
  readonly read: ReadRange
  readonly index: MimeIndex
}

/** A message that can be read in ranges. Disposed, it gives back the memory that it holds. */
export interface OpenMessage extends IndexedMessage, Disposable {
  /** In bytes. */
  readonly size: number
}

const bytesPerUpload = 1024
/** Of a message, to see whether it is one. */
const headBytes = 16_384

/** What the blob ids of an account lead to, for one request, whose budget pays for it. */
export class BlobFinder {
  readonly #options: BlobFinderOptions
  /** The message that a part was last looked for in: the next one is mostly in it too. */
  #last: { readonly id: string; readonly message: IndexedMessage } | undefined

  constructor(options: BlobFinderOptions) {
    this.#options = options
  }

  /** Undefined: to nothing of the account. @throws BudgetExceeded, MailError */
  async find(id: string): Promise<BlobPlace | undefined> {
    const named = parsePartBlobId(id)
    if (named === undefined) return this.#whole(id as BlobId)
    const outer = await this.#outer(named.outerId)
    const part = outer === undefined ? undefined : findPart(outer.index.root, named.section)
    if (outer === undefined || part === undefined || part.parts.length > 0) return undefined
    return { kind: 'part', read: outer.read, part, size: part.bodyEnd - part.bodyStart }
  }

  /**
   * The message in a blob. Not parsable is what does not begin with a header field (RFC 5322 section 2.2; a line of mbox may stand before it): text, an image,
   * nothing at all. Whatever else is wrong with it, it is read like mail that comes in. @throws BudgetExceeded, MailError
   */
  async open(id: string): Promise<OpenMessage | 'notFound' | 'notParsable'> {
    const place = await this.find(id)
    if (place === undefined) return 'notFound'
    const { budget, indexer, account } = this.#options
    const held = budget.hold(place.size)
    const bytes = await readBlob(place, budget)
    if (!beginsWithField(bytes.subarray(0, headBytes))) {
      held[Symbol.dispose]()
      return 'notParsable'
    }
    const { index, content } = await indexer.index(bytes, account, budget)
    const release = (): void => held[Symbol.dispose]()
    const size = content.length
    const stored = storedRange(place)
    if (stored !== undefined) release()
    const read: ReadRange = stored ?? (async (start, end) => content.subarray(start, end))
    return { read, size, index, [Symbol.dispose]: release }
  }

  /** Of a blob of the account, each time in a snapshot of its own: blobs never change. */
  readonly rangeOf = (blobId: BlobId): ReadRange => {
    return async (start, end) => {
      const [bytes] = await this.#read(({ blobs }) => blobs.ranges([{ id: blobId, start, end }]))
      return bytes
    }
  }

  async #whole(blobId: BlobId): Promise<BlobPlace | undefined> {
    await this.#options.budget.step({ bytes: bytesPerUpload })
    const sizes = await this.#read(({ blobs }) => blobs.sizes([blobId]))
    const size = sizes.get(blobId)
    return size === undefined
      ? undefined
      : { kind: 'whole', blobId, read: this.rangeOf(blobId), size }
  }

  async #outer(id: string): Promise<IndexedMessage | undefined> {
    if (this.#last?.id === id) return this.#last.message
    const message = (await this.#email(id as EmailId)) ?? (await this.open(id))
    if (typeof message === 'string') return undefined
    this.#last = { id, message }
    return message
  }

  /** Its index is in the store. */
  async #email(id: EmailId): Promise<IndexedMessage | undefined> {
    await this.#options.budget.step({ bytes: bytesPerEmail })
    const { email, index } = await this.#read(async ({ emails }) => {
      const [[found], { found: indexes }] = await Promise.all([
        emails.get([id]),
        emails.indexes([id]),
      ])
      return { email: found, index: indexes.get(id) }
    })
    return email === undefined || index === undefined
      ? undefined
      : { read: this.rangeOf(email.blobId), index }
  }

  #read<T>(use: (reader: MailReader) => Promise<T>): Promise<T> {
    const { store, account, budget } = this.#options
    return budget.awaiting(() => store.read(account, use))
  }
}

/** Undefined: the octets stand nowhere, they are decoded. */
function storedRange(place: BlobPlace): ReadRange | undefined {
  if (place.kind === 'whole') return place.read
  if (isCoded(place.part)) return undefined
  const { bodyStart, bodyEnd } = place.part
  return (start, end) => place.read(bodyStart + start, Math.min(bodyStart + end, bodyEnd))
}

function beginsWithField(head: Buffer): boolean {
  const [first, second] = headerFields(head, 0, head.length, 2)
  const isMboxLine = /^>?From /.test(head.toString('latin1', 0, 6))
  const field = isMboxLine ? second : first
  return field !== undefined && field.name !== ''
}
