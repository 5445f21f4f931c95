import { forgetOldest, type IpAddress } from '@gatepost/core'

import type { Name } from '../stream/decision-batch.ts'

/** Where an address is, as an mmdb file has it. */
export interface PlaceRecord {
  /** ISO 3166-1 alpha-2. */
  readonly country: string | undefined
  readonly asNumber: number | undefined
}
/** One mmdb file. May throw for an address that it cannot look up. */
export interface PlaceSource {
  find(address: string): PlaceRecord
}

const maxRemembered = 10_000
const nowhere: readonly Name[] = []

/** Country and autonomous system of an address, as the names that decisions have; looked up once, and remembered. */
export class PlaceFinder {
  readonly #sources: readonly PlaceSource[]
  readonly #known = new Map<string, readonly Name[]>()

  constructor(sources: readonly PlaceSource[]) {
    this.#sources = sources
  }

  namesOf(address: IpAddress): readonly Name[] {
    const known = this.#known.get(address.text)
    if (known !== undefined) return known
    const names = this.#find(address)
    this.#known.set(address.text, names)
    // Who keeps coming is found again at the price of one look-up.
    forgetOldest(this.#known, maxRemembered)
    return names
  }

  #find(address: IpAddress): readonly Name[] {
    const names: Name[] = []
    for (const source of this.#sources) {
      try {
        const { country, asNumber } = source.find(address.text)
        if (country !== undefined) names.push({ scope: 'country', name: country.toUpperCase() })
        if (asNumber !== undefined) names.push({ scope: 'as', name: String(asNumber) })
      } catch {
        // An address that the file cannot hold (IPv6 in an IPv4 file), or a broken record: no place is known.
      }
    }
    return names.length === 0 ? nowhere : names
  }
}
