import { networkInterfaces } from 'node:os'

import { isInAny, isPublicAddress, parseIp, type IpAddress, type IpNetwork } from '@gatepost/core'

/** Where mail may be brought: a stranger chooses the domain, and with it the addresses that we connect to. */
export interface Reach {
  /** `inside`: not an address of the internet. `ourselves`: one of this machine, which would bring the mail back. */
  judge(address: IpAddress): 'reachable' | 'inside' | 'ourselves'
}

/** Every public address but those of this machine, and the networks that the operator names. */
export function reachOf(options: {
  readonly privateNetworks: readonly IpNetwork[]
  /** Default: those of the interfaces, which may change while the server runs. */
  readonly own?: () => readonly IpAddress[]
}): Reach {
  const { privateNetworks, own = interfaceAddresses } = options
  return {
    judge(address) {
      if (isInAny(address, privateNetworks)) return 'reachable'
      if (!isPublicAddress(address)) return 'inside'
      return own().some(({ text }) => text === address.text) ? 'ourselves' : 'reachable'
    },
  }
}

function interfaceAddresses(): readonly IpAddress[] {
  return Object.values(networkInterfaces()).flatMap(
    (list) => list?.flatMap(({ address }) => parseIp(address) ?? []) ?? [],
  )
}
