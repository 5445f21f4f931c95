import { MailError, type NewPassword, type ScramKeys, type ScramSecret } from '@gatepost/core'

import type { JobContext } from '../job-context.ts'
import { findPrincipal, type PrincipalRow } from './find-principal.ts'
import type { PrincipalJob } from './principal-job.ts'

type JobOf<Kind extends PrincipalJob['kind']> = Extract<PrincipalJob, { kind: Kind }>

const maxAppPasswords = 32

export function setPassword(context: JobContext, { name, password }: JobOf<'setPassword'>): null {
  putPassword(context, findPrincipal(context, name), password)
  return null
}

/** In place of the one there was, if there was one. */
export function putPassword(
  { sql, now }: JobContext,
  principal: PrincipalRow,
  { hash, scram }: NewPassword,
): void {
  if (scram !== undefined && !isMadeWith(scram, principal)) {
    sql.run(
      'UPDATE credential SET scram_stored_key = NULL, scram_server_key = NULL WHERE principal_id = ?',
      principal.id,
    )
    adoptParameters({ sql }, principal.id, scram)
  }
  sql.run("DELETE FROM credential WHERE principal_id = ? AND kind = 'password'", principal.id)
  sql.run(
    `INSERT INTO credential (principal_id, kind, name, hash, protocols, scram_stored_key, scram_server_key, created_at)
     VALUES (?, 'password', '', ?, 'smtp imap http', ?, ?, ?)`,
    principal.id,
    hash,
    ...columnsOf(scram?.keys),
    now,
  )
}

export function addAppPassword(
  context: JobContext,
  { name, password }: JobOf<'addAppPassword'>,
): null {
  const { sql, now } = context
  const principal = findPrincipal(context, name)
  checkAppPassword(password)
  const { count } = sql.get<{ count: number }>(
    "SELECT count(*) AS count FROM credential WHERE principal_id = ? AND kind = 'app_password'",
    principal.id,
  ) ?? { count: 0 }
  if (count >= maxAppPasswords)
    throw new MailError(
      'conflict',
      'appPassword.tooMany',
      `${name} has ${maxAppPasswords} app passwords, as many as may be: delete one first`,
    )
  const added = sql.run(
    `INSERT OR IGNORE INTO credential (principal_id, kind, name, hash, protocols, scram_stored_key, scram_server_key, created_at)
     VALUES (?, 'app_password', ?, ?, ?, ?, ?, ?)`,
    principal.id,
    password.name,
    password.hash,
    [...password.protocols].join(' '),
    ...columnsOf(usableKeys(context, principal, password.scram)),
    now,
  )
  if (added === 0)
    throw new MailError(
      'conflict',
      'appPassword.exists',
      `${name} has an app password "${password.name}" already`,
    )
  return null
}

export function deleteAppPassword(
  context: JobContext,
  { name, appPassword }: JobOf<'deleteAppPassword'>,
): null {
  const { id } = findPrincipal(context, name)
  const deleted = context.sql.run(
    "DELETE FROM credential WHERE principal_id = ? AND kind = 'app_password' AND name = ?",
    id,
    appPassword,
  )
  if (deleted === 0)
    throw new MailError(
      'notFound',
      'appPassword.notFound',
      `${name} has no app password "${appPassword}"`,
    )
  return null
}

export function noteUse({ sql }: JobContext, { credential, at }: JobOf<'noteUse'>): null {
  sql.run('UPDATE credential SET last_used_at = ? WHERE id = ?', at, credential)
  return null
}

/** Of a principal or a credential that has gone meanwhile nothing is left to do. */
export function addScramKeys(context: JobContext, job: JobOf<'addScramKeys'>): null {
  const principal = context.sql.get<PrincipalRow>(
    'SELECT id, roles, scram_salt, scram_iterations FROM principal WHERE id = ?',
    job.principal,
  )
  if (principal === undefined) return null
  const keys = usableKeys(context, principal, job.scram)
  if (keys !== undefined)
    context.sql.run(
      'UPDATE credential SET scram_stored_key = ?, scram_server_key = ? WHERE id = ? AND principal_id = ? AND scram_stored_key IS NULL',
      ...columnsOf(keys),
      job.credential,
      principal.id,
    )
  return null
}

/** Those made with the principal's parameters. Where it has none, these become its own. */
function usableKeys(
  context: Pick<JobContext, 'sql'>,
  principal: PrincipalRow,
  scram: ScramSecret | undefined,
): ScramKeys | undefined {
  if (scram === undefined) return undefined
  if (principal.scram_salt === null) adoptParameters(context, principal.id, scram)
  else if (!isMadeWith(scram, principal)) return undefined
  return scram.keys
}

function isMadeWith({ parameters }: ScramSecret, principal: PrincipalRow): boolean {
  return (
    parameters.salt === principal.scram_salt && parameters.iterations === principal.scram_iterations
  )
}

function adoptParameters(
  { sql }: Pick<JobContext, 'sql'>,
  principal: number,
  { parameters }: ScramSecret,
): void {
  sql.run(
    'UPDATE principal SET scram_salt = ?, scram_iterations = ? WHERE id = ?',
    parameters.salt,
    parameters.iterations,
    principal,
  )
}

function columnsOf(keys: ScramKeys | undefined): [string | null, string | null] {
  return [keys?.storedKey ?? null, keys?.serverKey ?? null]
}

/** @throws MailError invalid `appPassword.invalid` */
function checkAppPassword({ name, protocols }: JobOf<'addAppPassword'>['password']): void {
  if (!/^\P{Cc}{1,64}$/u.test(name))
    throw new MailError(
      'invalid',
      'appPassword.invalid',
      'The name of an app password has 1 to 64 characters, and no control characters',
    )
  if (protocols.size === 0)
    throw new MailError(
      'invalid',
      'appPassword.invalid',
      'An app password is for one protocol at least',
    )
}
