/** Where a message of the test may be. */
export interface MessageState {
  readonly place: 'INBOX' | 'Archive' | 'nowhere'
  readonly isFlagged: boolean
}

interface Entry {
  /** From `Subject` on. */
  readonly content: string
  /** What was acknowledged. */
  sure: MessageState
  /** What was asked for and not answered when the server died: it may have happened, as a whole. */
  maybe: MessageState | undefined
}

const nowhere: MessageState = { place: 'nowhere', isFlagged: false }

/** What clients know: every answer they had, and at most one question open for each message. */
export class Ledger {
  readonly #entries = new Map<string, Entry>()
  readonly #sent = new Map<string, { isAcknowledged: boolean }>()

  /** A message that is about to be stored. */
  begin(id: string, content: string, state: MessageState): void {
    this.#entries.set(id, { content, sure: nowhere, maybe: state })
  }

  /** A change to a message that is about to be asked for. */
  ask(id: string, change: Partial<MessageState>): void {
    const entry = this.#entry(id)
    entry.maybe = { ...entry.sure, ...change }
  }

  acknowledge(id: string): void {
    const entry = this.#entry(id)
    entry.sure = entry.maybe ?? entry.sure
    entry.maybe = undefined
  }

  beginSending(id: string): void {
    this.#sent.set(id, { isAcknowledged: false })
  }
  acknowledgeSending(id: string): void {
    this.#sent.set(id, { isAcknowledged: true })
  }
  get acknowledgedSendings(): string[] {
    return [...this.#sent].flatMap(([id, { isAcknowledged }]) => (isAcknowledged ? [id] : []))
  }
  get acknowledgedMessages(): number {
    return [...this.#entries.values()].filter(({ sure }) => sure !== nowhere).length
  }

  /** Compares with what the store holds, and takes what turned out for what is known from here on. Answers what is wrong. */
  settle(
    found: ReadonlyMap<string, { readonly state: MessageState; readonly content: string }[]>,
  ): string[] {
    const problems: string[] = []
    for (const [id, entry] of this.#entries) {
      const copies = found.get(id) ?? []
      const state = copies[0]?.state ?? nowhere
      if (copies.length > 1) problems.push(`${id} is there ${copies.length} times`)
      const isExpected = [entry.sure, entry.maybe].some(
        (one) => one !== undefined && isSame(one, state),
      )
      if (!isExpected)
        problems.push(
          `${id}: ${JSON.stringify(state)} instead of ${JSON.stringify([entry.sure, entry.maybe])}`,
        )
      if (copies.some(({ content }) => content !== entry.content))
        problems.push(`${id}: other bytes`)
      entry.sure = state
      entry.maybe = undefined
    }
    for (const id of found.keys())
      if (!this.#entries.has(id)) problems.push(`${id}: nobody sent it`)
    return problems
  }

  #entry(id: string): Entry {
    const entry = this.#entries.get(id)
    if (entry === undefined) throw new Error(`unknown message ${id}`)
    return entry
  }
}

function isSame(a: MessageState, b: MessageState): boolean {
  return a.place === b.place && (a.place === 'nowhere' || a.isFlagged === b.isFlagged)
}
