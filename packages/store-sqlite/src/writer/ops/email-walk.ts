import type { AccountTx } from '../account-tx.ts'

/** The emails of a mailbox that an op is still to go over: a plain value. */
export type EmailWalk =
  | { readonly uids: Float64Array; readonly at: number }
  /** All with a UID above `after` and below `until`; only those marked `\Deleted`. */
  | {
      readonly mailbox: number
      readonly after: number
      readonly until: number
      readonly onlyDeleted: boolean
    }

export interface WalkPage {
  readonly uids: readonly number[]
  /** Undefined: these are the last. */
  readonly rest: EmailWalk | undefined
}

/** An email can be in a hundred mailboxes, and counts for every viewer: a page is short. */
const pageSize = 32

function pageSizeFor(tx: AccountTx): number {
  const viewers = tx.viewers?.all().length ?? 0
  return Math.max(1, Math.floor(pageSize / (1 + viewers / 8)))
}

/** Memberships looked at for those that are marked. */
const lookedAt = 512
const lookStatements = 16

/** Each UID once, ascending. */
export function walkOver(uids: readonly number[]): EmailWalk {
  return { uids: Float64Array.from(new Set(uids)).toSorted(), at: 0 }
}

export function nextPage(tx: AccountTx, walk: EmailWalk): WalkPage {
  if ('mailbox' in walk) return nextOfMailbox(tx, walk)
  const end = walk.at + pageSizeFor(tx)
  return {
    uids: [...walk.uids.subarray(walk.at, end)],
    rest: end < walk.uids.length ? { ...walk, at: end } : undefined,
  }
}

function nextOfMailbox(
  tx: AccountTx,
  walk: Extract<EmailWalk, { readonly mailbox: number }>,
): WalkPage {
  const size = pageSizeFor(tx)
  const limit = walk.onlyDeleted ? lookedAt : size
  const rows = tx.sql.all<{ uid: number; is_deleted: number }>(
    `SELECT uid, is_deleted FROM membership WHERE account_id = ? AND mailbox_id = ? AND uid > ? AND uid < ? ORDER BY uid LIMIT ?`,
    tx.id,
    walk.mailbox,
    walk.after,
    walk.until,
    limit,
  )
  if (walk.onlyDeleted) tx.sql.charge(lookStatements)
  const wanted = rows.filter((row) => !walk.onlyDeleted || row.is_deleted === 1)
  const page = wanted.slice(0, size)
  const isCut = wanted.length > size
  const last = (isCut ? page : rows).at(-1)?.uid ?? walk.until
  const hasMore = isCut || rows.length === limit
  return {
    uids: page.map(({ uid }) => uid),
    rest: hasMore ? { ...walk, after: last } : undefined,
  }
}
