import type { StatementSync } from 'node:sqlite'

import { type Finding, isSqliteError, type WrongRow, wrong } from '../finding.ts'
import { accountRules } from '../rules/account-rules.ts'
import { deepEmailRules, emailRules } from '../rules/email-rules.ts'
import { mailboxRules } from '../rules/mailbox-rules.ts'
import { membershipRules } from '../rules/membership-rules.ts'
import { recordRules } from '../rules/record-rules.ts'
import type { Rule } from '../rules/rule.ts'
import { storeRules } from '../rules/store-rules.ts'
import { threadRules } from '../rules/thread-rules.ts'
import { tombstoneRules } from '../rules/tombstone-rules.ts'
import { viewerRules } from '../rules/viewer-rules.ts'
import type { Scope } from './scope.ts'

const rulesOfAccounts: readonly Rule[] = [
  ...accountRules,
  ...mailboxRules,
  ...membershipRules,
  ...emailRules,
  ...threadRules,
  ...tombstoneRules,
  ...recordRules,
  ...viewerRules,
]

/** Everything that a query can tell. */
export function* checkRules(scope: Scope): Generator<Finding> {
  const rules = scope.isDeep ? [...rulesOfAccounts, ...deepEmailRules] : rulesOfAccounts
  const total = storeRules.length + rules.length
  let done = 0
  for (const rule of storeRules) {
    yield* checkRule(scope, rule, [[]])
    yield { kind: 'progress', done: (done += 1), total }
  }
  const accounts = scope.accounts.map((account) => [account])
  for (const rule of rules) {
    yield* checkRule(scope, rule, accounts)
    yield { kind: 'progress', done: (done += 1), total }
  }
}

/** One account that cannot be read takes no other with it. */
function* checkRule(
  { sql }: Scope,
  { what, sql: text }: Rule,
  manyParams: readonly (readonly number[])[],
): Generator<Finding> {
  let statement: StatementSync | undefined
  for (const params of manyParams)
    try {
      statement ??= sql.db.prepare(text)
      for (const row of statement.iterate(...params)) yield wrong(what, row as unknown as WrongRow)
    } catch (error) {
      if (!isSqliteError(error)) throw error
      yield { kind: 'incomplete', what, reason: error.message }
    }
}
