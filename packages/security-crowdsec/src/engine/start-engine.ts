import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import type { Logger } from '@gatepost/telemetry'

import { collectionFolder } from './copy-collection.ts'
import { cscliOf, type Cscli } from './cscli.ts'
import { EngineChild } from './engine-child.ts'
import { writeEngineFolder } from './engine-folder.ts'
import type { Engine } from './find-engine.ts'
import { freePort } from './free-port.ts'

export interface StartEngineOptions {
  readonly engine: Engine
  /** Absolute. */
  readonly folder: string
  /** Absolute; made when it is missing. */
  readonly securityFile: string
  readonly logger: Logger
  /** Go duration. Left out: as the profiles say. */
  readonly banDuration?: string
}

export interface RunningEngine extends AsyncDisposable {
  readonly version: string
  readonly lapi: { readonly url: string; readonly apiKey: string }
  /** For `crowdsec -c`. */
  readonly configFile: string
  readonly cscli: Cscli
  /** Resolves when the security file is being followed too; rejects when the engine ends before, or takes too long. */
  readonly ready: Promise<void>
}

/**
 * Runs the engine as a child on loopback with our collection and a key of its own. Resolves when its Local API answers, so that a server that
 * starts now knows whom it has banned; also when it does not: mail goes on, the engine is tried again, and that is in the log.
 * @throws Error only for a folder that cannot be written
 */
export async function startEngine(options: StartEngineOptions): Promise<RunningEngine> {
  const { engine, folder, securityFile } = options
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  mkdirSync(dirname(securityFile), { recursive: true, mode: 0o700 })
  closeSync(openSync(securityFile, 'a', 0o600))
  const lapiPort = await freePort()
  const configFile = writeEngineFolder({
    ...options,
    collection: collectionFolder,
    lapiPort,
  })
  const lapi = { url: `http://127.0.0.1:${lapiPort}`, apiKey: keyIn(join(folder, 'api-key')) }
  const child = new EngineChild({ ...options, configFile, lapi })
  child.start()
  await child.answers()
  return {
    version: engine.version,
    lapi,
    configFile,
    cscli: cscliOf(engine, configFile),
    ready: child.ready,
    [Symbol.asyncDispose]: () => child.stop(),
  }
}

/** The key of our bouncer, made at the first start. */
function keyIn(file: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8').trim()
  const key = randomBytes(32).toString('hex')
  writeFileSync(file, `${key}\n`, { mode: 0o600 })
  return key
}
