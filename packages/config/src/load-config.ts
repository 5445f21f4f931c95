import { parse, TomlError } from 'smol-toml'
import type { z } from 'zod'

import { ConfigError, type ConfigProblem } from './config-error.ts'
import { environmentSettings, listOf, tomlValueOf, type EnvironmentSetting } from './environment.ts'
import { knownKeys } from './known-keys.ts'
import { nearestKey } from './nearest-key.ts'
import { lineOfKey } from './toml-lines.ts'

export interface ConfigSources {
  /** Left out: there is no file. `name` is what messages call it. */
  readonly file?: { readonly name: string; readonly text: string }
  readonly environment: Readonly<Record<string, string | undefined>>
}

type Tree = { [key: string]: unknown }

/**
 * Default < file < environment, checked against the schema.
 * @throws ConfigError with every problem found, each with its line or variable and the nearest known key.
 */
export function loadConfig<T>(schema: z.ZodType<T>, sources: ConfigSources): T {
  const settings = environmentSettings(sources.environment)
  const tree = sources.file === undefined ? {} : parseFile(sources.file)
  for (const setting of settings) place(tree, setting, setting.text)

  const first = schema.safeParse(tree)
  if (first.success) return first.data
  // A variable is text. Where the schema wants something else there, read it as a TOML value or as a list.
  for (const issue of first.error.issues) {
    const setting = settingAt(settings, issue.path)
    if (setting !== undefined && issue.code === 'invalid_type') {
      const value =
        issue.expected === 'array'
          ? (tomlValueOf(setting.text) ?? listOf(setting.text))
          : tomlValueOf(setting.text)
      if (value !== undefined) place(tree, setting, value)
    }
  }
  const second = schema.safeParse(tree)
  if (second.success) return second.data
  throw new ConfigError(
    second.error.issues.flatMap((issue) => problemsOf(issue, schema, { sources, settings })),
  )
}

function parseFile(file: { readonly name: string; readonly text: string }): Tree {
  try {
    return parse(file.text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [reason = 'not TOML'] = error.message.replace('Invalid TOML document: ', '').split('\n')
    throw new ConfigError([{ where: `${file.name}:${error.line}`, text: reason }])
  }
}

function place(tree: Tree, setting: EnvironmentSetting, value: unknown): void {
  let current = tree
  for (const key of setting.path.slice(0, -1)) {
    const next = Object.hasOwn(current, key) ? current[key] : undefined
    const isTable = typeof next === 'object' && next !== null && !Array.isArray(next)
    const table = isTable ? (next as Tree) : {}
    if (!isTable)
      Object.defineProperty(current, key, {
        value: table,
        enumerable: true,
        writable: true,
        configurable: true,
      })
    current = table
  }
  const last = setting.path.at(-1) ?? ''
  Object.defineProperty(current, last, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  })
}

function settingAt(
  settings: readonly EnvironmentSetting[],
  path: readonly PropertyKey[],
): EnvironmentSetting | undefined {
  return settings.findLast((setting) =>
    setting.path.every((key, depth) => key === String(path[depth] ?? key)),
  )
}

interface Found {
  readonly sources: ConfigSources
  readonly settings: readonly EnvironmentSetting[]
}

function problemsOf(issue: z.core.$ZodIssue, schema: z.ZodType, found: Found): ConfigProblem[] {
  const path = issue.path.map(String)
  if (issue.code !== 'unrecognized_keys') {
    const name = path.length === 0 ? '' : `${path.join('.')}: `
    return [{ where: placeOf(path, found), text: `${name}${issue.message}` }]
  }
  const known = knownKeys(schema, path)
  return issue.keys.map((key) => {
    const nearest = nearestKey(key, known)
    const parent = path.length === 0 ? '' : ` in [${path.join('.')}]`
    const hint =
      nearest === undefined ? `known keys: ${known.join(', ')}` : `did you mean "${nearest}"?`
    return { where: placeOf([...path, key], found), text: `unknown key "${key}"${parent}; ${hint}` }
  })
}

function placeOf(path: readonly string[], { sources, settings }: Found): string {
  const setting = settings.findLast(
    (one) => one.path.length >= path.length && path.every((key, depth) => key === one.path[depth]),
  )
  if (setting !== undefined) return setting.variable
  if (sources.file === undefined) return 'configuration'
  const line = lineOfKey(sources.file.text, path)
  return line === undefined ? sources.file.name : `${sources.file.name}:${line}`
}
