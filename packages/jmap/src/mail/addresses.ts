import { addrSpec, type Address } from '@gatepost/mime'

/** RFC 8621 section 4.1.2.3. */
export interface EmailAddressView {
  readonly name: string | null
  readonly email: string
}
export interface AddressGroupView {
  readonly name: string | null
  readonly addresses: readonly EmailAddressView[]
}

export function flatAddresses(list: readonly Address[]): EmailAddressView[] {
  return list.flatMap((item) =>
    item.kind === 'mailbox' ? { name: item.name, email: addrSpec(item) } : [],
  )
}

/** RFC 8621 section 4.1.2.4: neighbours outside groups share one group without name. */
export function groupedAddresses(list: readonly Address[]): AddressGroupView[] {
  const groups: { name: string | null; addresses: EmailAddressView[] }[] = []
  let open: { name: string | null; addresses: EmailAddressView[] } | undefined
  for (const item of list) {
    if (item.kind === 'groupEnd') open = undefined
    else if (item.kind === 'groupStart') {
      open = { name: item.name, addresses: [] }
      groups.push(open)
    } else {
      if (open === undefined) {
        open = { name: null, addresses: [] }
        groups.push(open)
      }
      open.addresses.push({ name: item.name, email: addrSpec(item) })
    }
  }
  return groups
}
