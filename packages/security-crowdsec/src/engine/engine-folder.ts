import {
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'

import { parseAllDocuments, stringify } from 'yaml'

import { downConvert, needsDownConversion } from './down-convert.ts'
import type { Engine } from './find-engine.ts'

export interface EngineFolderOptions {
  readonly engine: Engine
  /** Absolute; everything of the engine lives in it. */
  readonly folder: string
  /** The project's own `crowdsec` folder. */
  readonly collection: string
  /** File with our security events. */
  readonly securityFile: string
  readonly lapiPort: number
  /** Left out: as the profiles say, longer for those who come back. */
  readonly banDuration?: string | undefined
}

const stages = [
  'parsers/s00-raw',
  'parsers/s01-parse',
  'parsers/s02-enrich',
  'scenarios',
  'postoverflows/s01-whitelist',
  'collections',
  'contexts',
]

/** What a full installation gets from the hub: our lines taken as they are, and their own time taken for the time of the event. */
const ownStages = {
  'parsers/s00-raw/lines.yaml': {
    name: 'gatepost/lines',
    filter: `evt.Line.Labels.type == 'gatepost'`,
    onsuccess: 'next_stage',
    statics: [
      { parsed: 'message', expression: 'evt.Line.Raw' },
      { parsed: 'program', expression: 'evt.Line.Labels.type' },
    ],
  },
  'parsers/s02-enrich/time.yaml': {
    name: 'gatepost/time',
    filter: `evt.StrTime != ''`,
    statics: [
      { method: 'ParseDate', expression: 'evt.StrTime' },
      { target: 'MarshaledTime', expression: 'evt.Enriched.MarshaledTime' },
    ],
  },
}

/** Writes the configuration of an engine that nobody else shares: its Local API on loopback, no account with the central API, our collection. Answers the path of config.yaml. */
export function writeEngineFolder(options: EngineFolderOptions): string {
  const { engine, folder, securityFile } = options
  const conf = join(folder, 'conf')
  for (const part of ['data', 'hub', 'log', 'plugins', 'notifications'])
    mkdirSync(join(folder, part), { recursive: true, mode: 0o700 })
  for (const stage of stages) {
    rmSync(join(conf, stage), { recursive: true, force: true })
    mkdirSync(join(conf, stage), { recursive: true, mode: 0o700 })
  }
  rmSync(join(conf, 'patterns'), { recursive: true, force: true })
  symlinkSync(engine.patterns, join(conf, 'patterns'))

  const kinds = [
    'collections',
    'parsers',
    'postoverflows',
    'scenarios',
    'contexts',
    'appsec-configs',
    'appsec-rules',
  ]
  write(
    join(folder, 'hub/.index.json'),
    JSON.stringify(Object.fromEntries(kinds.map((kind) => [kind, {}]))),
  )
  write(join(conf, 'simulation.yaml'), stringify({ simulation: false }))
  write(join(conf, 'console.yaml'), stringify({ share_custom: false }))
  write(
    join(conf, 'acquis.yaml'),
    stringify({ filenames: [securityFile], labels: { type: 'gatepost' } }),
  )
  write(join(conf, 'profiles.yaml'), profiles(options))
  // Has to exist before `cscli machines add` fills it.
  if (!existsSync(join(conf, 'local_api_credentials.yaml')))
    write(join(conf, 'local_api_credentials.yaml'), '')
  writeCollection(options, conf)
  const path = join(conf, 'config.yaml')
  write(path, stringify(engineConfig(folder, options.lapiPort)))
  return path
}

function writeCollection({ collection, engine }: EngineFolderOptions, conf: string): void {
  const isOld = needsDownConversion(engine.version)
  for (const [path, content] of Object.entries(ownStages))
    write(join(conf, path), stringify(content))
  for (const stage of [
    'parsers/s01-parse',
    'parsers/s02-enrich',
    'scenarios',
    'postoverflows/s01-whitelist',
    // What alerts tell beside their source: older engines have no such thing.
    ...(isOld ? [] : ['contexts']),
  ]) {
    for (const path of globSync(join(collection, stage, '*/*.yaml'))) {
      const text = readFileSync(path, 'utf8')
      write(join(conf, stage, basename(path)), isOld ? downConvert(text) : text)
    }
  }
}

interface Profile {
  readonly duration_expr?: string
  readonly decisions: readonly { readonly type: string; readonly duration: string }[]
}

/** The project's own, with the duration that is asked for. */
function profiles({ collection, engine, banDuration }: EngineFolderOptions): string {
  const text = readFileSync(join(collection, 'profiles/gatepost.yaml'), 'utf8')
  const own = needsDownConversion(engine.version) ? downConvert(text) : text
  if (banDuration === undefined) return own
  return parseAllDocuments(own)
    .map((document) => document.toJS() as Profile)
    .map((profile) => withBans(profile, banDuration))
    .map((profile) => stringify(profile))
    .join('---\n')
}

function withBans(profile: Profile, duration: string): object {
  const { duration_expr: _grows, decisions, ...rest } = profile
  const changed = decisions.map((one) => (one.type === 'ban' ? { ...one, duration } : one))
  return { ...rest, decisions: changed }
}

function engineConfig(folder: string, lapiPort: number): object {
  const conf = join(folder, 'conf')
  return {
    common: {
      daemonize: false,
      log_media: 'stdout',
      log_level: 'info',
      log_dir: `${folder}/log/`,
      working_dir: folder,
    },
    config_paths: {
      config_dir: `${conf}/`,
      data_dir: `${folder}/data/`,
      simulation_path: join(conf, 'simulation.yaml'),
      hub_dir: `${folder}/hub/`,
      index_path: join(folder, 'hub/.index.json'),
      notification_dir: `${folder}/notifications/`,
      plugin_dir: `${folder}/plugins/`,
    },
    crowdsec_service: { acquisition_path: join(conf, 'acquis.yaml'), parser_routines: 1 },
    db_config: {
      type: 'sqlite',
      db_path: join(folder, 'data/crowdsec.db'),
      use_wal: true,
      log_level: 'warning',
      flush: { max_items: 5000, max_age: '7d' },
    },
    api: {
      client: {
        insecure_skip_verify: false,
        credentials_path: join(conf, 'local_api_credentials.yaml'),
      },
      server: {
        enable: true,
        log_level: 'error',
        listen_uri: `127.0.0.1:${lapiPort}`,
        profiles_path: join(conf, 'profiles.yaml'),
        console_path: join(conf, 'console.yaml'),
        trusted_ips: ['127.0.0.1', '::1'],
      },
    },
    prometheus: { enabled: false },
  }
}

function write(path: string, text: string): void {
  writeFileSync(path, text, { mode: 0o600 })
}
