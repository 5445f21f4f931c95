import type { Role } from '@gatepost/core'
import type { SqliteStore } from '@gatepost/store-sqlite'

import { Refusal, type Command, type CommandContext } from '../command.ts'
import { addressOf } from './account.ts'

const allRoles: readonly Role[] = ['admin']

/** @throws Refusal */
function roleOf(text: string | undefined): Role {
  const role = allRoles.find((one) => one === text)
  if (role === undefined) throw new Refusal(`"${text}" is no role: there is ${allRoles.join(', ')}`)
  return role
}

/** @throws Refusal */
async function rolesOf(
  { directory }: Pick<SqliteStore, 'directory'>,
  address: string,
): Promise<readonly Role[]> {
  const record = await directory.login(address)
  if (record === undefined) throw new Refusal(`No account ${address}`)
  return [...record.access.roles]
}

async function change(
  { positionals, store, print }: CommandContext,
  changed: (roles: readonly Role[], role: Role) => readonly Role[],
): Promise<void> {
  const { address } = addressOf(positionals[0])
  const role = roleOf(positionals[1])
  const opened = await store()
  const roles = changed(await rolesOf(opened, address), role)
  await opened.directory.setRoles(address, roles)
  print(shown(address, roles))
}

function shown(address: string, roles: readonly Role[]): string {
  return roles.length === 0
    ? `${address} has no role`
    : `${address} has the role ${roles.join(', ')}`
}

export const roleCommands: readonly Command[] = [
  {
    name: 'account role add',
    usage: '<address> admin',
    summary: 'let an account do more than its mail: admin may use the admin listener',
    minPositionals: 2,
    maxPositionals: 2,
    run: (context) => change(context, (roles, role) => [...new Set([...roles, role])]),
  },
  {
    name: 'account role list',
    usage: '<address>',
    summary: 'the roles of an account',
    minPositionals: 1,
    maxPositionals: 1,
    async run({ positionals, store, print, isJson }) {
      const { address } = addressOf(positionals[0])
      const roles = await rolesOf(await store(), address)
      print(isJson ? JSON.stringify(roles) : shown(address, roles))
    },
  },
  {
    name: 'account role delete',
    usage: '<address> admin',
    summary: 'take a role away; what was logged in with it ends',
    minPositionals: 2,
    maxPositionals: 2,
    run: (context) => change(context, (roles, role) => roles.filter((one) => one !== role)),
  },
]
