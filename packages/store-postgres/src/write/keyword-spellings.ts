import { hasSpelling, maxSpellings } from '@gatepost/store-model'

import type { AccountTx } from './account-tx.ts'
import { loadKeywords } from './load.ts'

/** Keeps how keywords that the account did not have were written. Takes keywords that have been checked. */
export async function keepSpellings(tx: AccountTx, keywords: Iterable<string>): Promise<void> {
  for (const spelling of keywords) {
    const name = spelling.toLowerCase()
    if (!hasSpelling(name)) continue
    const names = await loadKeywords(tx)
    if (names.has(name) || names.size >= maxSpellings) continue
    names.add(name)
    tx.additions.keywords.push({ id: names.size, name, spelling })
  }
}
