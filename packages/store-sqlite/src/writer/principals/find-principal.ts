import { accountNotFound } from '@gatepost/store-model'

import type { JobContext } from '../job-context.ts'

export interface PrincipalRow {
  readonly id: number
  readonly roles: string
  readonly scram_salt: string | null
  readonly scram_iterations: number | null
}

/** @throws MailError notFound `account.notFound` */
export function findPrincipal({ sql }: JobContext, name: string): PrincipalRow {
  const row = sql.get<PrincipalRow>(
    'SELECT id, roles, scram_salt, scram_iterations FROM principal WHERE name = ?',
    name,
  )
  if (row === undefined) throw accountNotFound(name)
  return row
}
