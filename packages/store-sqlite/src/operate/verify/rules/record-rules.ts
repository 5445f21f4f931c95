import { maxRecords } from '@gatepost/store-model'

import type { Rule } from './rule.ts'

/** Each is asked for every account, which is `?1`. */
export const recordRules: readonly Rule[] = [
  {
    what: 'record.modSeq',
    sql: `SELECT account_id, mod_seq AS found, 'at least ' || created_mod_seq AS expected
      FROM record WHERE account_id = ?1 AND mod_seq < created_mod_seq`,
  },
  {
    what: 'record.modSeqTwice',
    sql: `SELECT account_id, mod_seq AS found, 'one that no other record has' AS expected
      FROM record WHERE account_id = ?1 GROUP BY mod_seq HAVING count(*) > 1`,
  },
  {
    what: 'record.count',
    sql: `SELECT account_id, count(*) || ' of the type ' || type AS found, 'at most ${maxRecords}' AS expected
      FROM record WHERE account_id = ?1 GROUP BY type HAVING count(*) > ${maxRecords}`,
  },
  {
    what: 'record.body',
    sql: `SELECT account_id, 'JSON' AS expected, 'something else in the record ' || type || ' ' || id AS found
      FROM record WHERE account_id = ?1 AND NOT json_valid(body)`,
  },
  {
    // One that was deleted and put again is younger than its tombstone.
    what: 'record.tombstone',
    sql: `SELECT r.account_id, r.created_mod_seq AS found, 'above ' || t.mod_seq AS expected
      FROM record_tombstone t JOIN record r ON r.account_id = t.account_id AND r.type = t.type AND r.id = t.id
      WHERE t.account_id = ?1 AND r.created_mod_seq <= t.mod_seq`,
  },
]
