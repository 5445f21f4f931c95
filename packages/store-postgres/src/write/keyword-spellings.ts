import type { AccountTx } from './account-tx.ts'
import { loadKeywords } from './load.ts'

/** IMAP has flags for these: they are in no list of keywords. */
const systemKeywords: ReadonlySet<string> = new Set(['$answered', '$draft', '$flagged', '$seen'])

/** Of an account. A keyword beyond them works as every other, and is shown in lower case. */
const maxSpellings = 256

/** Keeps how keywords that the account did not have were written. Takes keywords that have been checked. */
export async function keepSpellings(tx: AccountTx, keywords: Iterable<string>): Promise<void> {
  for (const spelling of keywords) {
    const name = spelling.toLowerCase()
    if (systemKeywords.has(name)) continue
    const names = await loadKeywords(tx)
    if (names.has(name) || names.size >= maxSpellings) continue
    names.add(name)
    tx.additions.keywords.push({ id: names.size, name, spelling })
  }
}
