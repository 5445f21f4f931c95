import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'

import { parseAllDocuments } from 'yaml'

/** The project's own hub folder. */
export const hub: string = join(import.meta.dirname, '../../../../crowdsec')

/** A parser, scenario, allow list or collection, as its file has it. */
export interface HubItem {
  readonly name: string
  readonly author?: string
  readonly description: string
  readonly type?: string
  readonly filter?: string
  readonly groupby?: string
  readonly distinct?: string
  readonly cancel_on?: string
  readonly overflow_filter?: string
  readonly scope?: { readonly type: string; readonly expression: string }
  readonly capacity?: number
  readonly leakspeed?: string
  readonly blackhole?: string
  readonly labels?: Readonly<Record<string, unknown>>
  readonly statics?: readonly {
    readonly meta?: string
    readonly target?: string
    readonly expression: string
  }[]
  readonly whitelist?: {
    readonly reason: string
    readonly ip?: readonly string[]
    readonly expression?: readonly string[]
  }
  readonly parsers?: readonly string[]
  readonly scenarios?: readonly string[]
  readonly postoverflows?: readonly string[]
  readonly contexts?: readonly string[]
}

/** Of a file with one document. */
export function readHubItem(path: string): HubItem {
  const [item, ...others] = readHubItems(path)
  if (item === undefined || others.length > 0) throw new Error(`${path} has not one document`)
  return item
}

/** A scenario file holds one document for each way of grouping: IPv4 addresses, IPv6 networks, accounts. */
export function readHubItems(path: string): HubItem[] {
  const text = readFileSync(join(hub, path), 'utf8')
  return parseAllDocuments(text).map((document) => document.toJS() as HubItem)
}

/** Paths from the hub folder. */
export function hubFiles(pattern: string): string[] {
  return globSync(pattern, { cwd: hub }).toSorted()
}

/** Names of the hub tests. */
export function hubTests(): string[] {
  return hubFiles('.tests/*/config.yaml').map((path) => basename(dirname(path)))
}
