import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { openStore } from '../../packages/store-sqlite/src/index.ts'
import type { GatepostServer } from './gatepost-server.ts'
import { deliver } from './store.ts'

/** Gives the server's first account so many messages of so many bytes; answers its password. */
export async function fillServer(
  { folder }: Pick<GatepostServer, 'folder'>,
  { messages, bytes }: { readonly messages: number; readonly bytes: number },
): Promise<string> {
  await using store = await openStore({
    dataFolder: folder,
    localDomains: ['example.test'],
    mode: 'tool',
  })
  const [account] = await store.directory.listAccounts()
  if (account === undefined) throw new Error('no account')
  await deliver({ store, account: account.id }, { from: 0, count: messages, bytes })
  return readFileSync(join(folder, 'initial-password'), 'utf8').trim()
}
