import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { newPassword, type NewPasswordOptions } from '@gatepost/auth'
import { type Directory, type DirectoryAdmin } from '@gatepost/core'

export interface FirstAccount {
  readonly address: string
  /** Shown once. */
  readonly password: string
  readonly passwordFile: string
}

/** On a server that has no account yet: `me@<domain>` with a random password, kept in a file that only its owner reads. */
export async function makeFirstAccount(
  directory: Pick<Directory, 'firstAccount'> & DirectoryAdmin,
  domain: string,
  dataFolder: string,
  { scram }: Pick<NewPasswordOptions, 'scram'> = {},
): Promise<FirstAccount | undefined> {
  if ((await directory.firstAccount()) !== undefined) return undefined
  const address = `me@${domain}`
  const password = randomBytes(15).toString('base64url')
  const passwordFile = join(dataFolder, 'initial-password')
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 })
  await directory.addAccount(address, await newPassword(password, { scram }))
  // RFC 2142 and RFC 5321 section 4.5.1: every domain has to have these.
  for (const name of ['postmaster', 'abuse'])
    await directory.addAlias({ address: `${name}@${domain}`, target: address })
  return { address, password, passwordFile }
}
