import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** A CrowdSec engine on this machine. */
export interface Engine {
  readonly crowdsec: string
  readonly cscli: string
  /** `v1.4.6-...` */
  readonly version: string
  /** Grok patterns that come with it: the engine wants the folder even when no parser uses one. */
  readonly patterns: string
  /** For a package that was taken apart: where its libraries lie. */
  readonly libraryPath: string | undefined
}

/** Where `npm run crowdsec:fetch` unpacks the distribution's package. */
export const unpackedEngineFolder: string = join(import.meta.dirname, '../../../../.cache/crowdsec')

/**
 * The engine in the folder that `GATEPOST_CROWDSEC_ENGINE` names, else the one that `npm run crowdsec:fetch` unpacked, else the one on PATH; or one in
 * `folders` alone. Undefined when there is none.
 * @throws Error when the folder that is named has none
 */
export async function findEngine(
  environment: NodeJS.ProcessEnv,
  folders?: readonly string[],
): Promise<Engine | undefined> {
  const named = environment['GATEPOST_CROWDSEC_ENGINE'] ?? ''
  if (folders === undefined && named !== '') {
    const engine = await findEngine({}, [named, join(named, 'usr/bin')])
    if (engine !== undefined) return engine
    throw new Error(`GATEPOST_CROWDSEC_ENGINE=${named}: there are no crowdsec, cscli and patterns`)
  }
  const roots = folders ?? [
    join(unpackedEngineFolder, 'usr/bin'),
    ...(environment['PATH'] ?? '').split(delimiter),
  ]
  for (const folder of roots) {
    const [crowdsec, cscli] = [join(folder, 'crowdsec'), join(folder, 'cscli')]
    if (!existsSync(crowdsec) || !existsSync(cscli)) continue
    const root = dirname(dirname(folder))
    const patterns = [
      // As the engine's own build has it, its source, and the distribution's package.
      join(folder, 'patterns'),
      join(folder, 'config/patterns'),
      join(root, 'etc/crowdsec/patterns'),
      '/etc/crowdsec/patterns',
      '/usr/share/crowdsec/patterns',
    ].find((path) => existsSync(path))
    if (patterns === undefined) continue
    const libraryPath = folder.startsWith(unpackedEngineFolder) ? librariesOf(root) : undefined
    const version = await versionOf(crowdsec, libraryPath)
    if (version !== undefined) return { crowdsec, cscli, version, patterns, libraryPath }
  }
  return undefined
}

/** The environment for the engine's programs. */
export function engineEnvironment(engine: Pick<Engine, 'libraryPath'>): NodeJS.ProcessEnv {
  return engine.libraryPath === undefined
    ? process.env
    : { ...process.env, LD_LIBRARY_PATH: engine.libraryPath }
}

function librariesOf(root: string): string | undefined {
  const triplets = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }
  const triplet =
    process.arch in triplets ? triplets[process.arch as keyof typeof triplets] : 'none'
  const folder = join(root, 'usr/lib', triplet)
  return existsSync(folder) ? folder : undefined
}

async function versionOf(
  crowdsec: string,
  libraryPath: string | undefined,
): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(crowdsec, ['-version'], {
      env: engineEnvironment({ libraryPath }),
      timeout: 10_000,
    })
    return /version: (\S+)/.exec(stdout + stderr)?.[1]
  } catch {
    return undefined
  }
}
