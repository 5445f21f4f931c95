import { parseAddress } from '../address/email-address.ts'
import type { AccountId } from '../ids.ts'
import type { Directory } from '../ports/directory.ts'

/** Whether all of these are addresses, as anybody may have written them, that the account may send with. */
export async function maySendAsAll(
  directory: Pick<Directory, 'maySendAs'>,
  id: AccountId,
  written: readonly string[],
): Promise<boolean> {
  const addresses = written.flatMap((text) => parseAddress(text)?.address ?? [])
  if (addresses.length < written.length) return false
  const own = await directory.maySendAs(id, addresses)
  return addresses.every((address) => own.has(address))
}
