import type { Account } from '@gatepost/core'

import { accountId } from '../ids.ts'

export interface AccountRow {
  readonly id: number
  readonly address: string
  readonly created_at: number
  readonly quota_bytes: number
  readonly used_bytes: number
}

export const accountColumns = 'id, address, created_at, quota_bytes, used_bytes'

export function accountOf(row: AccountRow): Account {
  return {
    id: accountId(row.id),
    address: row.address,
    createdAt: row.created_at,
    quotaBytes: row.quota_bytes,
    usedBytes: row.used_bytes,
  }
}
