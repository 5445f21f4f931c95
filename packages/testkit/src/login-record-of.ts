import {
  loginStamp,
  type Access,
  type AccountName,
  type CredentialId,
  type LoginRecord,
  type PrincipalId,
} from '@gatepost/core'

/** Of the principal of an account, with nothing of anybody else's. */
export function accessTo(account: AccountName): Access {
  return {
    principal: { id: `p-${account.id}` as PrincipalId, name: account.address },
    roles: new Set(),
    account,
    shared: [],
  }
}

/** Of a directory that is none: one password. */
export function loginRecordOf(account: AccountName, passwordHash: string): LoginRecord {
  return {
    access: accessTo(account),
    scram: undefined,
    credentials: [
      {
        id: `c-${account.id}` as CredentialId,
        kind: 'password',
        name: '',
        hash: passwordHash,
        stamp: loginStamp(passwordHash),
        protocols: new Set(['smtp', 'imap', 'http']),
        scram: undefined,
        createdAt: 0,
        lastUsedAt: undefined,
      },
    ],
  }
}
