import { createHash } from 'node:crypto'

import type { AccountName, AccountRecord, Directory } from '@gatepost/core'

import { MethodError } from '../protocol/method-error.ts'

/** The type of the records that have the settings of identities; a record's id is that of the identity. */
export const identityType = 'Identity'

/** EmailAddress objects (RFC 8621 section 4.1.2.3). */
type Addresses = readonly { readonly name: string | null; readonly email: string }[]

/** What the client may change: the body of the record. Until it does there is none. */
export interface IdentitySettings {
  readonly name: string
  readonly replyTo: Addresses | null
  readonly bcc: Addresses | null
  readonly textSignature: string
  readonly htmlSignature: string
}

/** RFC 8621 section 6: the defaults. */
export const defaultSettings: IdentitySettings = {
  name: '',
  replyTo: null,
  bcc: null,
  textSignature: '',
  htmlSignature: '',
}

/** RFC 8621 section 6. */
export interface Identity extends OwnAddress, IdentitySettings {
  readonly mayDelete: boolean
}

/** What makes an identity: an address of the account. */
export interface OwnAddress {
  readonly id: string
  readonly email: string
}

/** Whose identities, and who knows. */
export interface IdentityOwner {
  readonly services: { readonly directory: Pick<Directory, 'addressesOf'> }
  readonly account: Pick<AccountName, 'id'>
}

/** They come from the directory and are not the client's to change. */
export async function ownAddresses({ services, account }: IdentityOwner): Promise<OwnAddress[]> {
  const addresses = await services.directory.addressesOf(account.id)
  return addresses.map((email) => ({ id: `I${digest(email).slice(0, 20)}`, email }))
}

export function identityOf({ id, email }: OwnAddress, record: AccountRecord | undefined): Identity {
  // `Identity/set` alone writes these records.
  const settings = (record?.body ?? {}) as Partial<IdentitySettings>
  return { id, email, ...defaultSettings, ...settings, mayDelete: false }
}

/** The account's state and what its addresses are: one of them changes without the other. */
export function identityState(modSeq: string | number, addresses: readonly OwnAddress[]): string {
  return `${modSeq}.${tagOf(addresses)}`
}

/** The account's part of a state; undefined: the addresses were others then. @throws MethodError cannotCalculateChanges for what is no state */
export function accountStateIn(
  state: string,
  addresses: readonly OwnAddress[],
): string | undefined {
  const [, modSeq, tag] = /^(\d{1,16})\.([\w-]{16})$/.exec(state) ?? []
  if (modSeq === undefined) throw new MethodError('cannotCalculateChanges')
  return tag === tagOf(addresses) ? modSeq : undefined
}

function tagOf(addresses: readonly OwnAddress[]): string {
  return digest(addresses.map(({ id }) => id).join(' ')).slice(0, 16)
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url')
}
