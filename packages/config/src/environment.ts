import { parse } from 'smol-toml'

/** A setting from the environment: `GATEPOST__LISTEN__MX__ADDRESS` is `listen.mx.address`. */
export interface EnvironmentSetting {
  readonly variable: string
  readonly path: readonly string[]
  readonly text: string
}

const prefix = 'GATEPOST__'
const maxDepth = 8

export function environmentSettings(
  environment: Readonly<Record<string, string | undefined>>,
): EnvironmentSetting[] {
  const found: EnvironmentSetting[] = []
  for (const [variable, text] of Object.entries(environment)) {
    if (!variable.startsWith(prefix) || text === undefined) continue
    const path = variable.slice(prefix.length).toLowerCase().split('__')
    if (path.length <= maxDepth && path.every((key) => key !== ''))
      found.push({ variable, path, text })
  }
  return found.toSorted((a, b) => a.path.length - b.path.length)
}

/** The text as a TOML value (number, boolean, list), for keys that are no text; undefined when it is none. */
export function tomlValueOf(text: string): unknown {
  try {
    return parse(`value = ${text}`)['value']
  } catch {
    // A list may come without its brackets: "example.test, example.org".
    return undefined
  }
}

/** "a, b" as ["a", "b"]: how people write lists in an environment. */
export function listOf(text: string): string[] {
  return text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
}
