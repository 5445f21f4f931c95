import type { ScramParameters, ScramSecret } from '@gatepost/core'

import { newScramParameters, scramSecret } from '../scram/scram-keys.ts'
import { appPasswordHash, makeAppPassword } from './app-password.ts'
import { hashPassword, type PasswordCost } from './password-hash.ts'

export interface NewPasswordOptions {
  /**
   * Of the principal: all credentials of one have the same. Left out: it has none yet. `false`: no keys for SCRAM are made (`auth.scram`).
   */
  readonly scram?: ScramParameters | false | undefined
  readonly cost?: PasswordCost
}

/** What a directory keeps of a password that somebody has chosen. */
export async function newPassword(
  text: string,
  { scram, cost }: NewPasswordOptions = {},
): Promise<{ readonly hash: string; readonly scram: ScramSecret | undefined }> {
  const [hash, secret] = await Promise.all([hashPassword(text, cost), secretOf(text, scram)])
  return { hash, scram: secret }
}

/** An app password: `text` is shown once, the rest is kept. SCRAM wants it as it is shown; elsewhere case, hyphens and blanks do not matter. */
export async function newAppPassword({ scram }: Pick<NewPasswordOptions, 'scram'> = {}): Promise<{
  readonly text: string
  readonly hash: string
  readonly scram: ScramSecret | undefined
}> {
  const text = makeAppPassword()
  const hash = appPasswordHash(text)
  if (hash === undefined) throw new Error('an app password that is none')
  return { text, hash, scram: await secretOf(text, scram) }
}

async function secretOf(
  text: string,
  scram: NewPasswordOptions['scram'],
): Promise<ScramSecret | undefined> {
  return scram === false ? undefined : scramSecret(text, scram ?? newScramParameters())
}
