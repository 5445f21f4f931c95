import { compile, type Scope } from './expression.ts'
import type { HubItem } from './hub-item.ts'

/** What the engine has of a line when it comes to the scenarios. */
export interface ReplayEvent {
  readonly Meta: Readonly<Record<string, string>>
  readonly StrTime: string
  /** Milliseconds since 1970. */
  readonly at: number
}

/** The parser of the hub folder as a function of one line; undefined for lines that it leaves alone. */
export function lineParser(item: HubItem): (line: string) => ReplayEvent | undefined {
  const filter = compile(item.filter ?? '')
  const statics = (item.statics ?? []).map(({ meta, target, expression }) => ({
    meta,
    target,
    value: compile(expression),
  }))
  return (line) => {
    const evt = {
      Parsed: { program: 'gatepost', message: line },
      Unmarshaled: {} as Record<string, unknown>,
    }
    const scope: Scope = { evt, UnmarshalJSON: unmarshalJson }
    if (filter(scope) !== true) return undefined
    const meta: Record<string, string> = {}
    let time = ''
    for (const { meta: name, target, value } of statics) {
      const text = value(scope)
      if (typeof text !== 'string') throw new TypeError(`not a string: ${String(text)}`)
      if (name !== undefined && text !== '') meta[name] = text
      if (target === 'evt.StrTime') time = text
    }
    return { Meta: meta, StrTime: time, at: Date.parse(time) }
  }
}

function unmarshalJson([text, target, key]: readonly unknown[]): unknown {
  try {
    const fields = target as Record<string, unknown>
    fields[String(key)] = JSON.parse(String(text))
    return ''
  } catch (error) {
    return String(error)
  }
}
