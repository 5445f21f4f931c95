import { createHash } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

import { parseAllDocuments } from 'yaml'

/** What a hub's `.index.json` says of one file. */
export interface HubIndexItem {
  readonly path: string
  readonly stage?: string
  readonly version: string
  readonly versions: Readonly<
    Record<string, { readonly digest: string; readonly deprecated: false }>
  >
  /** base64 */
  readonly long_description: string
  /** base64 */
  readonly content: string
  readonly description: string
  readonly author: string
  readonly labels: unknown
  readonly parsers?: readonly string[]
  readonly scenarios?: readonly string[]
  readonly postoverflows?: readonly string[]
  readonly contexts?: readonly string[]
}
export type HubIndex = Readonly<Record<string, Readonly<Record<string, HubIndexItem>>>>

const version = '0.1'
const parts = ['parsers', 'scenarios', 'postoverflows', 'contexts'] as const
const kinds = [...parts, 'collections', 'appsec-configs', 'appsec-rules'] as const

/** The index of a folder that is laid out as the hub is: with it `cscli collections install` takes the collection from there. */
export function hubIndexOf(hub: string): HubIndex {
  const index: Record<string, Record<string, HubIndexItem>> = {}
  for (const kind of kinds) {
    const paths = globSync(`${kind}/{*/*,*}/*.yaml`, { cwd: hub }).filter(
      (path) => path.split('/').length === (hasStages(kind) ? 4 : 3),
    )
    index[kind] = Object.fromEntries(paths.toSorted().map((path) => entryOf(hub, kind, path)))
  }
  return index
}

function hasStages(kind: string): boolean {
  return kind === 'parsers' || kind === 'postoverflows'
}

function entryOf(hub: string, kind: string, path: string): [string, HubIndexItem] {
  const content = readFileSync(join(hub, path))
  const [document] = parseAllDocuments(content.toString('utf8'))
  const item = (document?.toJS() ?? {}) as Readonly<Record<string, unknown>>
  const steps = path.split('/')
  const author = steps.at(-2) ?? ''
  const page = join(hub, path.replace(/\.yaml$/, '.md'))
  const digest = createHash('sha256').update(content).digest('hex')
  const lists = parts.filter((part) => kind === 'collections' && Array.isArray(item[part]))
  return [
    `${author}/${basename(path, '.yaml')}`,
    {
      path,
      ...(hasStages(kind) ? { stage: steps[1] ?? '' } : {}),
      version,
      versions: { [version]: { digest, deprecated: false } },
      long_description: existsSync(page) ? readFileSync(page).toString('base64') : '',
      content: content.toString('base64'),
      description: typeof item['description'] === 'string' ? item['description'] : '',
      author,
      labels: item['labels'] ?? null,
      ...Object.fromEntries(lists.map((part) => [part, item[part]])),
    },
  ]
}
