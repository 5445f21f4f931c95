import type { NewPasswordOptions } from '@gatepost/auth'
import type { LoginRecord } from '@gatepost/core'

import type { GatepostConfig } from './schema.ts'

/** What the SCRAM keys of a new password are made with: as the principal's others, if it has some. */
export function scramChoice(
  { auth }: Pick<GatepostConfig, 'auth'>,
  record?: LoginRecord,
): NewPasswordOptions['scram'] {
  return auth.scram ? record?.scram : false
}
