import { isDomainRole, parseAddress, type AccountName, type Directory } from '@gatepost/core'

export interface RoleAddressOptions {
  readonly directory: Pick<Directory, 'resolve' | 'isLocalDomain'>
  /** Where mail for `postmaster` without a domain goes (RFC 5321 section 4.5.1). */
  readonly postmasterDomain: string
  /** Where mail for the roles goes that nobody has: an address that leads to an account here. */
  readonly adminAddress?: string | undefined
  /** And when there is none: the first account's address. */
  readonly fallbackAccount?: (() => Promise<string | undefined>) | undefined
}

export interface RoleTarget {
  readonly address: string
  readonly accounts: readonly AccountName[]
}

/**
 * Where mail for `postmaster` and `abuse` of a domain here may go, in this order: to who has the address (a catch-all counts), to the administrator, to the
 * first account. Undefined for any other address. Empty: nobody is here yet.
 */
export async function roleTargets(
  address: string,
  { directory, adminAddress, fallbackAccount }: RoleAddressOptions,
): Promise<readonly RoleTarget[] | undefined> {
  const parsed = parseAddress(address)
  if (parsed === undefined || !isDomainRole(parsed.base)) return undefined
  if (!(await directory.isLocalDomain(parsed.domain))) return undefined
  const targets = [address, adminAddress, await fallbackAccount?.()].flatMap((text) =>
    text === undefined ? [] : (parseAddress(text)?.address ?? []),
  )
  return [...(await directory.resolve(targets))].flatMap(([target, found]) =>
    found.kind === 'local' ? [{ address: target, accounts: found.accounts }] : [],
  )
}
