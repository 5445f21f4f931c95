import { newAppPassword } from '@gatepost/auth'
import type { Credential, LoginProtocol } from '@gatepost/core'
import type { SqliteStore } from '@gatepost/store-sqlite'

import { scramChoice } from '../../config/scram-choice.ts'
import { Refusal, type Command } from '../command.ts'
import { table } from '../table.ts'
import { addressOf } from './account.ts'

const allProtocols: readonly LoginProtocol[] = ['smtp', 'imap', 'http']

/** `imap,smtp`; all of them when nothing is said. @throws Refusal */
function protocolsOf(text: string | boolean | undefined): ReadonlySet<LoginProtocol> {
  if (typeof text !== 'string') return new Set(allProtocols)
  const named = text.split(',').map((name) => name.trim().toLowerCase())
  return new Set(
    named.map((name) => {
      const protocol = allProtocols.find((one) => one === name)
      if (protocol === undefined)
        throw new Refusal(`"${name}" is no protocol: choose of ${allProtocols.join(', ')}`)
      return protocol
    }),
  )
}

/** @throws Refusal */
async function appPasswordsOf(
  { directory }: Pick<SqliteStore, 'directory'>,
  address: string,
): Promise<readonly Credential[]> {
  const record = await directory.login(address)
  if (record === undefined) throw new Refusal(`No account ${address}`)
  return record.credentials.filter(({ kind }) => kind === 'app_password')
}

export const appPasswordCommands: readonly Command[] = [
  {
    name: 'account app-password add',
    usage: '<address> <name> [--protocols imap,smtp,http]',
    summary: 'make a password for one program or device, which is shown once',
    minPositionals: 2,
    maxPositionals: 2,
    options: { protocols: { type: 'string' } },
    async run({ positionals, options, loaded, store, print }) {
      const { address } = addressOf(positionals[0])
      const [, name = ''] = positionals
      const protocols = protocolsOf(options['protocols'])
      const { directory } = await store()
      const choice = scramChoice(loaded.config, await directory.login(address))
      const { text, hash, scram } = await newAppPassword({ scram: choice })
      await directory.addAppPassword(address, { name, hash, protocols, scram })
      print(`the app password "${name}" of ${address} for ${[...protocols].join(', ')} is ${text}`)
    },
  },
  {
    name: 'account app-password list',
    usage: '<address>',
    summary: 'the app passwords of an account, what they are for and when they were used last',
    minPositionals: 1,
    maxPositionals: 1,
    async run({ positionals, store, print, isJson }) {
      const { address } = addressOf(positionals[0])
      const listed = (await appPasswordsOf(await store(), address)).map(
        ({ name, protocols, createdAt, lastUsedAt }) => ({
          name,
          protocols: [...protocols].join(','),
          made: new Date(createdAt).toISOString(),
          used: lastUsedAt === undefined ? 'never' : new Date(lastUsedAt).toISOString(),
        }),
      )
      print(isJson ? JSON.stringify(listed) : table(listed, 'no app passwords'))
    },
  },
  {
    name: 'account app-password delete',
    usage: '<address> <name>',
    summary: 'delete an app password; what was logged in with it ends',
    minPositionals: 2,
    maxPositionals: 2,
    async run({ positionals, store, print }) {
      const { address } = addressOf(positionals[0])
      const [, name = ''] = positionals
      await (await store()).directory.deleteAppPassword(address, name)
      print(`deleted the app password "${name}" of ${address}`)
    },
  },
]
