import type { Access, Credential, LoginRecord } from '@gatepost/core'

/** What a credential opens. A program with an app password reads mail: the roles of its owner are not for it. */
export function accessBy({ access }: LoginRecord, { kind }: Pick<Credential, 'kind'>): Access {
  return kind === 'app_password' ? { ...access, roles: new Set() } : access
}
