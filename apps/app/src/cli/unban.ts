import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { parseNetwork } from '@gatepost/core'
import type { Decision } from '@gatepost/security-crowdsec'
import { cscliOf, findEngine } from '@gatepost/security-crowdsec/engine'

import type { GatepostConfig } from '../config/schema.ts'
import { machineClientOf } from '../server/security-watch.ts'
import { readVersion } from '../server/version.ts'
import { Refusal } from './command.ts'
import { lapiOf, type CrowdsecView } from './crowdsec-view.ts'

export interface Unbanned {
  readonly deleted: readonly Decision[]
  /** Wider ones that still concern it: others would go free with it. */
  readonly left: readonly Decision[]
}
type Deleter = (id: number) => Promise<void>

const timeoutMs = 30_000

/**
 * Deletes the decisions on an address, on exactly that network, or on a user. An allow is left alone.
 * @throws Refusal when nothing is decided, or when nobody here may delete
 */
export async function unban(
  view: CrowdsecView,
  target: string,
  parts: { readonly config: GatepostConfig; readonly resources: AsyncDisposableStack },
): Promise<Unbanned> {
  const network = parseNetwork(target)
  const isRange = target.includes('/') && network !== undefined
  const concerned = isRange
    ? (await view.decisions()).filter(({ value }) => value === network.text)
    : (await view.explain(target)).decisions
  const bans = concerned.filter(({ type }) => type !== 'allow' && type !== 'whitelist')
  const own = bans.filter(({ scope, value }) => scope === 'username' || value === network?.text)
  const left = bans.filter((decision) => !own.includes(decision))
  if (bans.length === 0) throw new Refusal(`nothing is decided against ${target}`)
  if (own.length > 0) {
    const remove = await deleterOf(parts, own)
    for (const { id } of own) await remove(id)
  }
  return { deleted: own, left }
}

async function deleterOf(
  { config, resources }: Parameters<typeof unban>[2],
  own: readonly Decision[],
): Promise<Deleter> {
  const lapi = lapiOf(config)
  const client =
    lapi === undefined
      ? undefined
      : machineClientOf(lapi, config, { version: readVersion(), resources })
  if (client !== undefined)
    return (id) =>
      client.deleteDecision(id, AbortSignal.timeout(timeoutMs)).catch((error: unknown) => {
        throw new Refusal(`the Local API did not delete decision ${id}: ${String(error)}`)
      })
  const configFile = join(config.data, 'crowdsec/conf/config.yaml')
  const isOurs = config.crowdsec.lapi_url === undefined && existsSync(configFile)
  const engine = isOurs ? await findEngine(process.env) : undefined
  if (engine === undefined) {
    const commands = own.map(({ id }) => `cscli decisions delete --id ${id}`).join('\n  ')
    throw new Refusal(
      `only a machine may delete decisions: set [crowdsec] machine_id and machine_password_file, or run where the Local API runs\n  ${commands}`,
    )
  }
  const cscli = cscliOf(engine, configFile)
  return async (id) => void (await cscli('decisions', 'delete', '--id', String(id)))
}
