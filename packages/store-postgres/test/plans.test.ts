import { PostgresServer } from '@gatepost/testkit'
import type pg from 'pg'
import { afterAll, beforeEach, expect, it } from 'vitest'

import { allStatements } from '../src/all-statements.ts'
import { fill } from './fill.ts'
import { openFixture, TestDatabases } from './postgres-fixture.ts'

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Index Cond'?: string
  readonly Plans?: readonly Plan[]
}

const databases = new TestDatabases()

beforeEach((context) => PostgresServer.require(context))
afterAll(() => databases[Symbol.asyncDispose]())

function* nodesOf(plan: Plan): Generator<Plan> {
  yield plan
  for (const below of plan.Plans ?? []) yield* nodesOf(below)
}

/** The plan that does not know the parameters: the one that a prepared statement ends with. */
async function planOf(client: pg.Client, text: string): Promise<Plan> {
  await client.query(`PREPARE planned AS ${text}`)
  try {
    const count = new Set(text.match(/\$\d+/g)).size
    const nulls = Array.from({ length: count }, () => 'NULL').join(', ')
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Plan }] }>(
      `EXPLAIN (FORMAT JSON) EXECUTE planned${count === 0 ? '' : `(${nulls})`}`,
    )
    const [row] = rows
    if (row === undefined) throw new Error('no plan')
    return row['QUERY PLAN'][0].Plan
  } finally {
    await client.query('DEALLOCATE planned')
  }
}

it('no statement scans a table, an index or an account', async () => {
  await using fixture = await openFixture(databases, { isChecked: false })
  await fill(fixture.client)
  await fixture.client.query('SET plan_cache_mode = force_generic_plan')
  const scans: string[] = []
  for (const { name, text } of allStatements)
    for (const node of nodesOf(await planOf(fixture.client, text))) {
      const type = node['Node Type']
      const condition = node['Index Cond'] ?? ''
      const isIndexed = !type.includes('Index') || condition !== ''
      // Of an account's rows only those that are meant: what an account has few of is read whole.
      const isWhole = /^\((\w+\.)?account_id = [\w.$]+\)$/.test(condition)
      if (type === 'Seq Scan' || !isIndexed) scans.push(`${name}: ${JSON.stringify(node)}`)
      else if (isWhole && !isSmall(node)) scans.push(`${name}: all of an account: ${condition}`)
    }
  expect(scans).toEqual([])
  expect(new Set(allStatements.map(({ name }) => name)).size).toBe(allStatements.length)
})

/** At most 1,000 mailboxes, 256 keywords and as many viewers. */
function isSmall(node: Plan): boolean {
  return /^(mailbox|keyword|viewer)_(account_id_|pkey)/.test(node['Index Name'] ?? '')
}
