import { RowSet } from './row-set.ts'
import type { MembershipRow } from './rows.ts'

/** Memberships that a transaction has looked at, by place and by email. Of an email all are known or none. */
export class Memberships extends RowSet<MembershipRow> {
  readonly #byEmail = new Map<number, Map<number, MembershipRow>>()

  constructor() {
    super(({ mailbox_id: mailbox, uid }) => placeKey(mailbox, uid))
  }

  at(mailbox: number, uid: number): MembershipRow | undefined {
    return this.get(placeKey(mailbox, uid))
  }

  /** By mailbox, ascending. */
  ofEmail(email: number): MembershipRow[] {
    const rows = [...(this.#byEmail.get(email)?.values() ?? [])]
    return rows.toSorted((one, other) => one.mailbox_id - other.mailbox_id)
  }

  isIn(email: number, mailbox: number): boolean {
    return this.#byEmail.get(email)?.has(mailbox) === true
  }

  countOf(email: number): number {
    return this.#byEmail.get(email)?.size ?? 0
  }

  /** All those of emails that were not known. */
  loadOf(rows: readonly MembershipRow[]): void {
    this.load(rows)
    for (const row of rows) this.#index(row)
  }

  override add(row: MembershipRow): void {
    super.add(row)
    this.#index(row)
  }

  override delete(row: MembershipRow): void {
    super.delete(row)
    const places = this.#byEmail.get(row.email_id)
    if (places?.get(row.mailbox_id) === row) places.delete(row.mailbox_id)
  }

  override forget(): void {
    super.forget()
    this.#byEmail.clear()
  }

  #index(row: MembershipRow): void {
    const places = this.#byEmail.get(row.email_id) ?? new Map<number, MembershipRow>()
    places.set(row.mailbox_id, row)
    this.#byEmail.set(row.email_id, places)
  }
}

export function placeKey(mailbox: number, uid: number): string {
  return `${mailbox}/${uid}`
}
