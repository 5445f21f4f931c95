import type { SqliteStore } from '@gatepost/store-sqlite'

import type { LoadedConfig } from '../config/read-config.ts'

/** Done, refused with a reason, wrong usage. */
export type ExitCode = 0 | 1 | 2

export interface CommandContext {
  readonly loaded: LoadedConfig
  readonly positionals: readonly string[]
  readonly options: Readonly<Record<string, string | boolean | undefined>>
  readonly isJson: boolean
  readonly environment: NodeJS.ProcessEnv
  /** To standard output, with a line end. */
  readonly print: (text: string) => void
  /** Opened at the first use, so that `config check` touches no data. */
  readonly store: () => Promise<SqliteStore>
}

export interface Command {
  /** Two words or three: `account add`, `account role add`. */
  readonly name: string
  /** Names of the positional arguments: `<address>`, optional ones in brackets. */
  readonly usage: string
  readonly summary: string
  readonly minPositionals: number
  readonly maxPositionals: number
  /** Besides --config and --json. */
  readonly options?: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>
  /** @throws Refusal, MailError, ConfigError; anything else is a defect */
  readonly run: (context: CommandContext) => Promise<void> | void
}

/** A refusal with its reason: exit code 1. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
}
