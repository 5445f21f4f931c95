export interface ViewerSeenRow {
  readonly email_id: number
  readonly viewer_id: number
}

/** Viewers who have `$seen` unlike the owner, of emails that a transaction has looked at. Of an email all are known or none. */
export class ViewerSeen {
  readonly #viewers = new Map<number, Set<number>>()
  readonly #added = new Map<string, ViewerSeenRow>()
  readonly #gone = new Map<string, ViewerSeenRow>()

  /** All those of emails that were not known. */
  load(rows: readonly ViewerSeenRow[]): void {
    for (const row of rows) this.#unlike(row.email_id).add(row.viewer_id)
  }

  of(email: number): readonly number[] {
    return [...(this.#viewers.get(email) ?? [])]
  }

  has(email: number, viewer: number): boolean {
    return this.#viewers.get(email)?.has(viewer) === true
  }

  /** Turns it over. */
  toggle(email: number, viewer: number): void {
    const viewers = this.#unlike(email)
    const row = { email_id: email, viewer_id: viewer }
    const key = `${email}/${viewer}`
    const isGone = viewers.delete(viewer)
    if (!isGone) viewers.add(viewer)
    const [now, before] = isGone ? [this.#gone, this.#added] : [this.#added, this.#gone]
    if (!before.delete(key)) now.set(key, row)
  }

  /** What is to be written, each time once. */
  take(): { readonly added: readonly ViewerSeenRow[]; readonly gone: readonly ViewerSeenRow[] } {
    const taken = { added: [...this.#added.values()], gone: [...this.#gone.values()] }
    this.#added.clear()
    this.#gone.clear()
    return taken
  }

  /** After `take`: what is read next comes from the database. */
  forget(): void {
    this.#viewers.clear()
  }

  #unlike(email: number): Set<number> {
    const known = this.#viewers.get(email)
    if (known !== undefined) return known
    const made = new Set<number>()
    this.#viewers.set(email, made)
    return made
  }
}
