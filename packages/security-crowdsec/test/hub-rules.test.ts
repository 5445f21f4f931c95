import { readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { commonFields, eventFields } from '../src/log/security-event-fields.ts'
import { hub, hubFiles, readHubItem } from './replay/hub-item.ts'

const paths = hubFiles('{parsers/*,scenarios,postoverflows/*,collections}/*/*.yaml')
const scenarios = paths.filter((path) => path.startsWith('scenarios'))
// Of the hub's taxonomy, those that a mail server has use for.
const behaviors = new Set([
  'pop3/imap:bruteforce',
  'smtp:spam',
  'generic:bruteforce',
  'generic:scan',
  'generic:exploit',
  'http:scan',
  'http:dos',
])
const level: unknown = expect.toSatisfy((value: number) => [0, 1, 2, 3].includes(value))

function text(path: string): string {
  return readFileSync(join(hub, path), 'utf8')
}
function namesIn(folder: string): string[] {
  return paths
    .filter((path) => path.startsWith(folder))
    .map((path) => readHubItem(path).name)
    .toSorted()
}

describe('the rules of the CrowdSec hub', () => {
  it.each(paths)('%s is named for author and file, and has its page', (path) => {
    const { name, author, description } = readHubItem(path)
    expect(name).toBe(`gatepost/${basename(path, '.yaml')}`)
    expect(path).toContain('/gatepost/')
    // The engine (1.7.8) does not start with an author in a scenario; the hub takes him from the name.
    expect(author).toBe(path.startsWith('scenarios') ? undefined : 'gatepost')
    expect(description).toMatch(/./)
    expect(text(path.replace(/yaml$/, 'md'))).toMatch(/./)
    // No debugging, no anchors of YAML, and nothing slower than the one UnmarshalJSON.
    expect(text(path)).not.toMatch(/^\s*debug:|&\w+ |\*\w+$|grok|JsonExtract|RegexpIn|matches/m)
  })

  it.each(scenarios)('%s says what it means', (path) => {
    expect(readHubItem(path).labels).toEqual({
      service: expect.stringMatching(/^(?:mail|smtp|http)$/),
      label: expect.stringMatching(/^[A-Z]/),
      behavior: expect.toSatisfy((behavior: string) => behaviors.has(behavior)),
      classification: expect.toSatisfy((list: readonly string[]) =>
        list.every((item) => /^attack\.T\d{4}(?:\.\d{3})?$/.test(item)),
      ),
      spoofable: level,
      confidence: level,
      remediation: !path.endsWith('/mail-account-guessed.yaml'),
    })
  })

  it('the collection holds everything that there is', () => {
    const collection = readHubItem('collections/gatepost/gatepost.yaml')
    expect(collection.parsers?.toSorted()).toEqual(namesIn('parsers'))
    expect(collection.scenarios?.toSorted()).toEqual(namesIn('scenarios'))
    expect(collection.postoverflows?.toSorted()).toEqual(namesIn('postoverflows'))
    const contexts = hubFiles('contexts/*/*.yaml').map((path) => basename(path, '.yaml'))
    expect(collection.contexts).toEqual(contexts.map((name) => `gatepost/${name}`))
  })

  it('compose.yaml gives the engine all of it', () => {
    const compose = readFileSync(join(hub, '../infra/compose.yaml'), 'utf8')
    const items = hubFiles('{parsers/*,scenarios,postoverflows/*,contexts,profiles}{/*,}/*.yaml')
    expect(items.length).toBeGreaterThan(scenarios.length)
    for (const path of items) expect(compose).toContain(`- ../crowdsec/${path}:/etc/crowdsec/`)
  })

  it('every scenario is set off by a test, with addresses for documentation only', () => {
    const assertions = hubFiles('.tests/*/scenario.assert').map(text).join('\n')
    for (const path of scenarios)
      expect(assertions).toContain(`GetScenario() == "${readHubItem(path).name}"`)
    const addresses = hubFiles('.tests/*/*.log').flatMap((path) =>
      [...text(path).matchAll(/"ip":"([^"]+)"/g)].map(([, ip]) => ip),
    )
    // RFC 5737, RFC 3849, and the machine itself.
    for (const ip of new Set(addresses))
      expect(ip).toMatch(
        /^(?:192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|2001:db8:|127\.0\.0\.1$|::1$)/,
      )
  })
})

describe('the parser', () => {
  const statics = readHubItem('parsers/s01-parse/gatepost/mail-logs.yaml').statics ?? []
  const read = statics.map(({ expression }) => expression.replace('evt.Unmarshaled.gatepost.', ''))

  it('reads these fields, each under the name that scenarios have for it', () => {
    expect(statics.map(({ meta, target }, at) => `${meta ?? target} = ${read[at]}`)).toEqual([
      'service = protocol',
      'log_type = event',
      'source_ip = ip',
      'user = user',
      'pwfp = pwfp',
      'guesses = guesses',
      'reason = reason',
      'kind = kind',
      'detail = detail',
      'recipient = recipient',
      'session = session',
      'evt.StrTime = time',
    ])
  })

  it('reads no field that the server does not write', () => {
    const written: readonly string[] = [...commonFields, ...Object.values(eventFields).flat()]
    for (const field of read) expect(written).toContain(field)
  })

  it.each(scenarios)('%s asks for events that there are', (path) => {
    const { filter = '' } = readHubItem(path)
    const asked = [...filter.matchAll(/log_type (?:== '(\w+)'|in \[([^\]]+)\])/g)].flatMap(
      ([, one, list]) => one ?? list?.replaceAll(/[' ]/g, '').split(',') ?? [],
    )
    expect(asked.length).toBeGreaterThan(0)
    for (const name of asked) expect(Object.keys(eventFields)).toContain(name)
  })
})

describe('docs/security-log.md', () => {
  const page = readFileSync(join(hub, '../docs/security-log.md'), 'utf8')

  it('has every event with its fields, and the fields of all', () => {
    const rows = new Map(
      [...page.matchAll(/^\| `(\w+)` +\| ([^|]*)\|/gm)].map(([, event = '', fields = '']) => [
        event,
        [...fields.matchAll(/`(\w+)`/g)].map(([, field]) => field),
      ]),
    )
    for (const [event, fields] of Object.entries(eventFields))
      expect(rows.get(event)).toEqual(fields)
    expect(rows.size).toBe(Object.keys(eventFields).length)
    const common = commonFields.map((field) => `\`${field}\``).join(', ')
    expect(page.replaceAll(/\s+/g, ' ')).toContain(common)
  })

  it.each(namesIn('scenarios'))('has %s', (name) => {
    expect(page).toContain(`\`${name}\``)
  })
})
