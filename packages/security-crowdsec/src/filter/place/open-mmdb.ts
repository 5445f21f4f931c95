import { readFile } from 'node:fs/promises'

import type { PlaceSource } from './place-finder.ts'

interface MmdbRecord {
  readonly country?: { readonly iso_code?: unknown }
  readonly registered_country?: { readonly iso_code?: unknown }
  readonly autonomous_system_number?: unknown
}

const metadataMark = Buffer.concat([Buffer.from([0xab, 0xcd, 0xef]), Buffer.from('MaxMind.com')])

/**
 * A file in MaxMind's mmdb format with countries or systems, from whichever source; held in memory. The reader is only loaded when it is wanted.
 * @throws Error when it cannot be read or is none
 */
export async function openMmdb(path: string): Promise<PlaceSource> {
  const [{ Reader }, bytes] = await Promise.all([import('mmdb-lib'), readFile(path)])
  // The library reads what it finds in any file: the mark before the metadata tells ours.
  if (!bytes.includes(metadataMark)) throw new Error('it is no file in mmdb format')
  const reader = new Reader(bytes)
  return {
    find: (address) => {
      const found = reader.get(address) as unknown as MmdbRecord | null
      const country = found?.country?.iso_code ?? found?.registered_country?.iso_code
      const asNumber = found?.autonomous_system_number
      return {
        country: typeof country === 'string' ? country : undefined,
        asNumber: typeof asNumber === 'number' ? asNumber : undefined,
      }
    },
  }
}
