import { execFile } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import {
  copyCollection,
  engineEnvironment,
  findEngine,
  hubIndexOf,
  needsDownConversion,
} from '@gatepost/security-crowdsec/engine'
import { missing } from '@gatepost/testkit'
import { expect, it } from 'vitest'
import { stringify } from 'yaml'

it('cscli collections install takes the whole collection from a folder with an index', async (context) => {
  const engine = await findEngine(process.env)
  if (engine === undefined) return missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-hub-install-'))
  try {
    const [hub, conf] = [join(folder, 'hub'), join(folder, 'conf')]
    copyCollection(hub, engine)
    const items = globSync('{parsers/*,scenarios,postoverflows/*}/gatepost/*.yaml', { cwd: hub })
    writeFileSync(join(hub, '.index.json'), JSON.stringify(hubIndexOf(hub)))
    for (const name of ['conf', 'data', 'plugins', 'notifications']) mkdirSync(join(folder, name))
    const config = join(conf, 'config.yaml')
    const paths = {
      config_dir: `${conf}/`,
      data_dir: `${folder}/data/`,
      simulation_path: join(conf, 'simulation.yaml'),
      hub_dir: `${hub}/`,
      index_path: join(hub, '.index.json'),
      notification_dir: `${folder}/notifications/`,
      plugin_dir: `${folder}/plugins/`,
    }
    writeFileSync(join(conf, 'simulation.yaml'), stringify({ simulation: false }))
    writeFileSync(
      config,
      stringify({ config_paths: paths, cscli: { output: 'human', hub_branch: 'master' } }),
    )
    const cscli = async (...args: readonly string[]): Promise<string> => {
      // Whatever it might fetch is not to be had.
      const env = { ...engineEnvironment(engine), HTTPS_PROXY: 'http://127.0.0.1:9' }
      return (await promisify(execFile)(engine.cscli, ['-c', config, ...args], { env })).stdout
    }
    const { collections } = hubIndexOf(hub)
    const collection = collections?.['gatepost/gatepost']
    // 1.4.6 fetches a collection's own file again, whatever lies there: it installs what the collection names.
    if (needsDownConversion(engine.version))
      for (const kind of ['parsers', 'scenarios', 'postoverflows'] as const)
        await cscli(kind, 'install', ...(collection?.[kind] ?? []))
    else await cscli('collections', 'install', 'gatepost/gatepost')
    const installed = globSync('{parsers/*,scenarios,postoverflows/*}/*.yaml', { cwd: conf })
    expect(installed.toSorted()).toEqual(
      items.map((path) => path.replace('/gatepost/', '/')).toSorted(),
    )
    for (const kind of ['parsers', 'scenarios', 'postoverflows'] as const) {
      const listed = JSON.parse(await cscli(kind, 'list', '-o', 'json')) as Readonly<
        Record<string, readonly { readonly name: string; readonly status: string }[]>
      >
      const names = (listed[kind] ?? []).map(({ name, status }) => `${name} ${status}`)
      expect(names.toSorted()).toEqual(
        (collection?.[kind] ?? []).map((name) => `${name} enabled`).toSorted(),
      )
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
})
