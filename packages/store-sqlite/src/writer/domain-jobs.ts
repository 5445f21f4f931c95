import { MailError, maxDomains } from '@gatepost/core'

import type { JobContext } from './job-context.ts'

export function addDomain(context: JobContext, name: string): null {
  const { sql, now } = context
  if (isDomain(context, name))
    throw new MailError('conflict', 'domain.exists', `The domain ${name} exists`)
  const { count } = sql.get<{ count: number }>('SELECT count(*) AS count FROM domain') ?? {
    count: 0,
  }
  if (count >= maxDomains)
    throw new MailError('conflict', 'domain.tooMany', `A server has ${maxDomains} domains at most`)
  sql.run('INSERT INTO domain (name, created_at) VALUES (?, ?)', name, now)
  context.isDirectoryChanged = true
  return null
}

export function deleteDomain(context: JobContext, name: string): null {
  if (!isDomain(context, name))
    throw new MailError('notFound', 'domain.notFound', `No domain ${name}`)
  const used = context.sql.get<{ address: string }>(
    `SELECT address FROM account WHERE substr(address, -length(?1)) = ?1
     UNION ALL SELECT address FROM alias WHERE substr(address, -length(?1)) = ?1 LIMIT 1`,
    `@${name}`,
  )
  if (used !== undefined)
    throw new MailError(
      'conflict',
      'domain.inUse',
      `${used.address} is in ${name}: delete the accounts and aliases of the domain first`,
    )
  context.sql.run('DELETE FROM domain WHERE name = ?', name)
  context.isDirectoryChanged = true
  return null
}

/** @throws MailError invalid `domain.notLocal`, when the domain of the address is none of ours */
export function requireDomainOf(context: JobContext, address: string): void {
  const domain = address.slice(address.lastIndexOf('@') + 1)
  if (!isDomain(context, domain))
    throw new MailError('invalid', 'domain.notLocal', `${domain} is not a domain of this server`)
}

function isDomain({ sql }: JobContext, name: string): boolean {
  return sql.get('SELECT 1 FROM domain WHERE name = ?', name) !== undefined
}
