/** Content that waits in a file: `head`, and what the file has from `from` on. Plain data, so that it crosses to the thread that reads the file. */
export interface SpooledContent {
  /** There until the store has answered. */
  readonly path: string
  readonly head: Uint8Array
  readonly from: number
  /** Of all, `head` included, in bytes. */
  readonly size: number
}

/** What the store is given: small content in memory, large content in a file. */
export type NewContent = Uint8Array | SpooledContent

/** In bytes. */
export function contentSize(content: NewContent): number {
  return content instanceof Uint8Array ? content.byteLength : content.size
}

/** All of it, or its beginning: of a message at least the header. */
export function contentHead(content: NewContent): Uint8Array {
  return content instanceof Uint8Array ? content : content.head
}
