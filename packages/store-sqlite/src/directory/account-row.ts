import type { Account } from '@gatepost/core'
import { accountId } from '@gatepost/store-model'

export interface AccountRow {
  readonly id: number
  readonly address: string
  readonly created_at: number
  readonly quota_bytes: number
  readonly used_bytes: number
  readonly quota_emails: number
  readonly used_emails: number
}

export const accountColumns =
  'id, address, created_at, quota_bytes, used_bytes, quota_emails, used_emails'

export function accountOf(row: AccountRow): Account {
  return {
    id: accountId(row.id),
    address: row.address,
    createdAt: row.created_at,
    quota: { bytes: row.quota_bytes, emails: row.quota_emails },
    usedBytes: row.used_bytes,
    usedEmails: row.used_emails,
  }
}
