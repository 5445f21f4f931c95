import { afterAll, expect, it } from 'vitest'

import { attacks } from './attacks.ts'
import { AttackRunner } from './run-attack.ts'

const runner = new AttackRunner('short')
afterAll(() => runner[Symbol.asyncDispose]())

it.each(attacks.map((attack) => [`${attack.section} ${attack.name}`, attack] as const))(
  'the server holds: %s (long form: npm run attack)',
  async (_name, attack) => {
    expect(await runner.run(attack)).toMatchObject({ held: true })
  },
  90_000,
)
