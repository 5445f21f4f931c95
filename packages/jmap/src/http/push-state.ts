import type { AccountId, ModSeq } from '@gatepost/core'

/** What a client has been told of each account. */
export type ToldStates = ReadonlyMap<AccountId, ModSeq>

/** As many accounts as a principal has at most: their own and 256 that are shared. */
const maxAccounts = 257

/** The states of all accounts as one text (RFC 8887 section 4.3.5.1): `17`, their own, then `a5=9` of others. */
export function writePushState(own: AccountId, told: ToldStates): string {
  const others = [...told].filter(([account]) => account !== own)
  return [told.get(own) ?? 0, ...others.map(([account, state]) => `${account}=${state}`)].join(',')
}

/** Undefined: no such text has ever been given out. Accounts that it does not name are left out. */
export function readPushState(own: AccountId, text: string): ToldStates | undefined {
  const [first = '', ...others] = text.split(',', maxAccounts)
  const told = new Map([[own, readState(first)]])
  for (const other of others) {
    const [account = '', state = ''] = other.split('=')
    told.set(account as AccountId, readState(state))
  }
  const states = [...told].flatMap(([account, state]) =>
    state === undefined ? [] : [[account, state] as const],
  )
  return states.length === told.size ? new Map(states) : undefined
}

function readState(text: string): ModSeq | undefined {
  return /^(?:0|[1-9]\d{0,14})$/.test(text) ? (Number(text) as ModSeq) : undefined
}
