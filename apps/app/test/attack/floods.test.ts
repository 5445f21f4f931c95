import { afterAll, expect, it } from 'vitest'

import { attacks } from './attacks.ts'
import { AttackRunner } from './run-attack.ts'

const runner = new AttackRunner('short')
afterAll(() => runner[Symbol.asyncDispose]())

it.each(
  attacks.filter(({ section }) => section === '2').map((attack) => [attack.name, attack] as const),
)(
  'the server answers others under the attack %s (long form: npm run attack)',
  async (_name, attack) => {
    expect(await runner.run(attack)).toMatchObject({ held: true })
  },
  90_000,
)
