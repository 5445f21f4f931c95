import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'

import { ConfigError, loadConfig } from '@gatepost/config'
import type { CrowdsecConfig, SecurityHttpConfig } from '@gatepost/security-crowdsec'

import { configSchema, type GatepostConfig } from './schema.ts'

export interface LoadedConfig {
  /** Paths in it are absolute. */
  readonly config: GatepostConfig
  /** Undefined: everything is default, and so is the account that the first start makes. */
  readonly file: string | undefined
}

/**
 * Reads `--config FILE`, or nothing but the environment. Paths in a file are relative to its folder, without one to the working directory, which under npm is the project's folder.
 * @throws ConfigError also for a file that cannot be read
 */
export function readConfig(file: string | undefined, environment: NodeJS.ProcessEnv): LoadedConfig {
  // npm runs scripts in the project's folder and keeps where the user stood.
  const workingDirectory = environment['INIT_CWD'] ?? process.cwd()
  if (file === undefined) {
    const config = loadConfig(configSchema, { environment })
    return { file, config: withAbsolutePaths(config, process.cwd()) }
  }
  const path = resolve(workingDirectory, file)
  const config = loadConfig(configSchema, {
    environment,
    file: { name: basename(path), text: readText(path, file) },
  })
  return { file: path, config: withAbsolutePaths(config, dirname(path)) }
}

/** The content of a secret's file without the line end. @throws ConfigError */
export function readSecret(path: string): string {
  return readText(path, path).trim()
}

function readText(path: string, name: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const reason = existsSync(path) ? String(error) : 'no such file'
    throw new ConfigError([{ where: name, text: reason }])
  }
}

function withAbsolutePaths(config: GatepostConfig, folder: string): GatepostConfig {
  const absolute = (path: string): string => resolve(folder, path)
  const { tls, crowdsec, log, outbound } = config
  return {
    ...config,
    data: absolute(config.data),
    tls:
      tls.certificate === undefined || tls.key === undefined
        ? {}
        : { certificate: absolute(tls.certificate), key: absolute(tls.key) },
    crowdsec: crowdsecWithAbsolutePaths(crowdsec, absolute),
    log: logWithAbsolutePaths(log, absolute),
    outbound:
      outbound.relay_password_file === undefined
        ? outbound
        : { ...outbound, relay_password_file: absolute(outbound.relay_password_file) },
  }
}

function crowdsecWithAbsolutePaths(
  crowdsec: CrowdsecConfig,
  absolute: (path: string) => string,
): CrowdsecConfig {
  const keys = [
    'api_key_file',
    'live_api_key_file',
    'client_certificate',
    'client_key',
    'ca_certificate',
    'machine_password_file',
  ] as const
  const paths = keys.flatMap((key) => {
    const path = crowdsec[key]
    return path === undefined ? [] : [[key, absolute(path)] as const]
  })
  return {
    ...crowdsec,
    ...Object.fromEntries(paths),
    mmdb_files: crowdsec.mmdb_files.map(absolute),
  }
}

function logWithAbsolutePaths(
  log: GatepostConfig['log'],
  absolute: (path: string) => string,
): GatepostConfig['log'] {
  const { security_file: file, security_http: http, ...rest } = log
  return {
    ...rest,
    ...(file === undefined ? {} : { security_file: absolute(file) }),
    ...(http === undefined ? {} : { security_http: httpWithAbsolutePaths(http, absolute) }),
  }
}

function httpWithAbsolutePaths(
  { url, ...paths }: SecurityHttpConfig,
  absolute: (path: string) => string,
): SecurityHttpConfig {
  const resolved = Object.entries(paths).map(([key, path]) => [key, absolute(path)])
  return { url, ...(Object.fromEntries(resolved) as typeof paths) }
}
