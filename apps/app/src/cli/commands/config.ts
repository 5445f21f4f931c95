import { z } from 'zod'

import { configSchema } from '../../config/schema.ts'
import type { Command } from '../command.ts'

const secretKeys = new Set(['api_key'])

export const configCommands: readonly Command[] = [
  {
    name: 'config check',
    usage: '',
    summary: 'say whether the configuration can be used',
    minPositionals: 0,
    maxPositionals: 0,
    run({ loaded, print }) {
      print(`${loaded.file ?? 'defaults and environment'}: ok`)
    },
  },
  {
    name: 'config print',
    usage: '',
    summary: 'the configuration in force, defaults included, as JSON without secrets',
    minPositionals: 0,
    maxPositionals: 0,
    run({ loaded, print }) {
      print(
        JSON.stringify(
          loaded.config,
          (key, value: unknown) => (secretKeys.has(key) ? '***' : value),
          2,
        ),
      )
    },
  },
  {
    name: 'config schema',
    usage: '',
    summary: 'the JSON schema of gatepost.toml',
    minPositionals: 0,
    maxPositionals: 0,
    run({ print }) {
      print(
        JSON.stringify(
          z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }),
          null,
          2,
        ),
      )
    },
  },
]
