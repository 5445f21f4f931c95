import { parseArgs } from 'node:util'

import { ConfigError } from '@gatepost/config'
import { MailError } from '@gatepost/core'
import { openStore, type SqliteStore } from '@gatepost/store-sqlite'
import { silentLogger } from '@gatepost/telemetry'

import { readConfig } from '../config/read-config.ts'
import { Refusal, type Command, type ExitCode } from './command.ts'
import { accountCommands } from './commands/account.ts'
import { aliasCommands } from './commands/alias.ts'
import { appPasswordCommands } from './commands/app-password.ts'
import { configCommands } from './commands/config.ts'
import { crowdsecCommands } from './commands/crowdsec.ts'
import { dnsCommands } from './commands/dns.ts'
import { domainCommands } from './commands/domain.ts'
import { queueCommands } from './commands/queue.ts'
import { roleCommands } from './commands/role.ts'
import { storeCommands } from './commands/store.ts'
import { isMachineFailure } from './machine-failure.ts'

const commands: readonly Command[] = [
  ...domainCommands,
  ...accountCommands,
  ...appPasswordCommands,
  ...roleCommands,
  ...aliasCommands,
  ...queueCommands,
  ...storeCommands,
  ...crowdsecCommands,
  ...configCommands,
  ...dnsCommands,
]

/** What a command line needs of the world. */
export interface Terminal {
  readonly environment: NodeJS.ProcessEnv
  out(text: string): void
  error(text: string): void
}

/** `gatepost <noun> <verb> ...`. Exit codes: 0 done, 1 refused with a reason, 2 wrong usage or configuration. */
export async function runCli(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const [noun] = args
  const command = commands.find(({ name }) =>
    name.split(' ').every((word, at) => word === args[at]),
  )
  if (command === undefined) {
    const isAsked = noun === 'help' || noun === '--help' || noun === '-h'
    terminal[isAsked ? 'out' : 'error'](help(noun))
    return isAsked ? 0 : 2
  }
  try {
    return await runCommand(command, args.slice(command.name.split(' ').length), terminal)
  } catch (error) {
    if (error instanceof Refusal || error instanceof MailError || isMachineFailure(error)) {
      terminal.error(`gatepost: ${error.message}`)
      return 1
    }
    if (error instanceof ConfigError) {
      terminal.error(`gatepost: the configuration cannot be used:\n${error.message}`)
      return 2
    }
    if (isUsageError(error)) {
      terminal.error(`gatepost: ${error.message}\nusage: gatepost ${command.name} ${command.usage}`)
      return 2
    }
    throw error
  }
}

async function runCommand(
  command: Command,
  args: readonly string[],
  terminal: Terminal,
): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...command.options, config: { type: 'string' }, json: { type: 'boolean' } },
  })
  if (positionals.length < command.minPositionals || positionals.length > command.maxPositionals) {
    terminal.error(`usage: gatepost ${command.name} ${command.usage}`)
    return 2
  }
  const options: Readonly<Record<string, unknown>> = values
  const config = options['config']
  const loaded = readConfig(typeof config === 'string' ? config : undefined, terminal.environment)
  await using resources = new AsyncDisposableStack()
  let store: SqliteStore | undefined
  await command.run({
    loaded,
    positionals,
    options: values,
    isJson: options['json'] === true,
    environment: terminal.environment,
    print: (text) => terminal.out(text),
    store: async () => {
      const { data, domains } = loaded.config
      store ??= resources.use(
        await openStore({
          dataFolder: data,
          localDomains: domains,
          logger: silentLogger,
          mode: 'tool',
        }),
      )
      return store
    },
  })
  return 0
}

function isUsageError(error: unknown): error is Error {
  return (
    error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS')
  )
}

function help(noun: string | undefined): string {
  const near = commands.filter(({ name }) => name.startsWith(`${noun} `))
  const shown = near.length > 0 ? near : commands
  const lines = shown.map(
    ({ name, usage, summary }) => `  gatepost ${`${name} ${usage}`.trim()}\n      ${summary}`,
  )
  return `${lines.join('\n')}\n\nEvery command takes --config FILE; every list and status takes --json.`
}
