export interface ViewerThreadRow {
  readonly thread_id: number
  readonly mailbox_id: number
  readonly viewer_id: number
  readonly unread: number
}

interface ThreadPlace {
  readonly mailbox: number
  readonly thread: number
}

/** How many more emails of a thread in a mailbox are unread for viewers, where a transaction has looked. Of a thread all are known or none. */
export class ViewerThreads {
  readonly #known = new Set<number>()
  readonly #places = new Map<string, Map<number, number>>()
  readonly #changed = new Map<string, ViewerThreadRow>()

  /** `threads`: those that were looked for. What is known already is newer here. */
  load(rows: readonly ViewerThreadRow[], threads: Iterable<number>): void {
    for (const row of rows)
      if (!this.#known.has(row.thread_id))
        this.#differences({ mailbox: row.mailbox_id, thread: row.thread_id }).set(
          row.viewer_id,
          row.unread,
        )
    for (const thread of threads) this.#known.add(thread)
  }

  /** By viewer; without those who have none. */
  at(place: ThreadPlace): ReadonlyMap<number, number> {
    return this.#differences(place)
  }

  set(place: ThreadPlace, viewer: number, unread: number): void {
    const differences = this.#differences(place)
    if (unread === 0) differences.delete(viewer)
    else differences.set(viewer, unread)
    const { mailbox, thread } = place
    this.#changed.set(`${keyOf(place)}/${viewer}`, {
      thread_id: thread,
      mailbox_id: mailbox,
      viewer_id: viewer,
      unread,
    })
  }

  /** What is to be written, each time once; 0: removed. */
  take(): readonly ViewerThreadRow[] {
    const taken = [...this.#changed.values()]
    this.#changed.clear()
    return taken
  }

  /** After `take`: what is read next comes from the database. */
  forget(): void {
    this.#known.clear()
    this.#places.clear()
  }

  #differences(place: ThreadPlace): Map<number, number> {
    const key = keyOf(place)
    const known = this.#places.get(key)
    if (known !== undefined) return known
    const made = new Map<number, number>()
    this.#places.set(key, made)
    return made
  }
}

function keyOf({ mailbox, thread }: ThreadPlace): string {
  return `${thread}/${mailbox}`
}
