import { normaliseDomain } from '@gatepost/core'

import { Refusal, type Command } from '../command.ts'
import { table } from '../table.ts'
import { addressOf } from './account.ts'

/** `name@domain`, or `@domain` for all that nothing else takes. */
function aliasOf(text: string | undefined): string {
  if (text?.startsWith('@') !== true) return addressOf(text).address
  const domain = normaliseDomain(text.slice(1))
  if (domain === undefined) throw new Refusal(`"${text}" is no domain`)
  return `@${domain}`
}

export const aliasCommands: readonly Command[] = [
  {
    name: 'alias add',
    usage: '<address | @domain> <account>',
    summary: 'let another address, or the rest of a domain, lead to an account',
    minPositionals: 2,
    maxPositionals: 2,
    async run({ positionals, store, print }) {
      const alias = { address: aliasOf(positionals[0]), target: addressOf(positionals[1]).address }
      await (await store()).directory.addAlias(alias)
      print(`${alias.address} leads to ${alias.target}`)
    },
  },
  {
    name: 'alias list',
    usage: '',
    summary: 'all aliases',
    minPositionals: 0,
    maxPositionals: 0,
    async run({ store, print, isJson }) {
      const listed = await (await store()).directory.listAliases()
      const aliases = listed.map(({ address, target }) => ({ address, target }))
      print(isJson ? JSON.stringify(aliases) : table(aliases, 'no aliases'))
    },
  },
  {
    name: 'alias delete',
    usage: '<address | @domain>',
    summary: 'delete an alias with all its targets',
    minPositionals: 1,
    maxPositionals: 1,
    async run({ positionals, store, print }) {
      const address = aliasOf(positionals[0])
      await (await store()).directory.deleteAlias(address)
      print(`deleted ${address}`)
    },
  },
]
