import { normaliseKeywords, packKeywords, unpackKeywords } from '@gatepost/store-model'

import { type Finding, wrong } from '../finding.ts'
import { readable } from '../readable.ts'
import type { Scope } from './scope.ts'

/** Keywords are stored sorted, in lower case, each once: searches and counters go by it. */
export function* checkKeywords({ sql, accounts }: Scope): Generator<Finding> {
  for (const account of accounts) {
    const rows = yield* readable('email.keywords', [], () =>
      sql.all<{ keywords: string; id: number }>(
        'SELECT keywords, min(id) AS id FROM email WHERE account_id = ? GROUP BY keywords',
        account,
      ),
    )
    for (const { keywords, id } of rows)
      if (!isNormal(keywords))
        yield wrong('email.keywords', {
          account_id: account,
          email_id: id,
          expected: 'sorted keywords',
          found: JSON.stringify(keywords),
        })
  }
}

function isNormal(packed: string): boolean {
  try {
    return packKeywords(normaliseKeywords(unpackKeywords(packed))) === packed
  } catch {
    return false
  }
}
