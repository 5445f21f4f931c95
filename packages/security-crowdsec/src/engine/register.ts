import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { cscliOf } from './cscli.ts'
import type { Engine } from './find-engine.ts'

export interface Registration {
  readonly engine: Engine
  readonly folder: string
  readonly configFile: string
  readonly lapi: { readonly url: string; readonly apiKey: string }
}

/** Makes the engine known to its own Local API, and us as its bouncer: once per database. @throws Error of cscli */
export async function register({ engine, folder, configFile, lapi }: Registration): Promise<void> {
  const credentials = join(folder, 'conf/local_api_credentials.yaml')
  const marker = join(folder, 'data/registered')
  if (existsSync(marker) && existsSync(join(folder, 'data/crowdsec.db'))) {
    // They name the port of the last start; the engine talks to itself through them.
    const moved = readFileSync(credentials, 'utf8').replace(/^url: .*$/m, `url: ${lapi.url}`)
    writeFileSync(credentials, moved, { mode: 0o600 })
    return
  }
  const cscli = cscliOf(engine, configFile)
  await cscli('machines', 'add', 'gatepost', '--auto', '--force')
  // Half done the last time: the name is taken.
  await cscli('bouncers', 'delete', 'gatepost').catch(() => undefined)
  await cscli('bouncers', 'add', 'gatepost', '-k', lapi.apiKey)
  writeFileSync(marker, '')
}
