import { execFileSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'

import { describe, expect, it } from 'vitest'

import {
  commonFields,
  eventFields,
  optionalFields,
  reportedField,
} from '../src/log/security-event-fields.ts'
import { hub, hubFiles, readHubItem, readHubItems } from './replay/hub-item.ts'

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
/** An expression about IPv4 addresses as one about IPv6 networks. */
function asTwin(expression = ''): string {
  return expression
    .replace("source_net == ''", "source_net != ''")
    .replaceAll('client_ip', 'source_net')
}
function namesIn(folder: string): string[] {
  return paths
    .filter((path) => path.startsWith(folder))
    .flatMap((path) => readHubItems(path).slice(0, 1))
    .map(({ name }) => name)
    .toSorted()
}

describe('the rules of the CrowdSec hub', () => {
  it.each(paths)('%s is named for author and file, and has its page', (path) => {
    const name = `gatepost/${basename(path, '.yaml')}`
    const [first, ...others] = readHubItems(path)
    expect(first?.name).toBe(name)
    expect(path).toContain('/gatepost/')
    // As crowdsecurity/ssh-bf_user-enum: one file, and the hub knows it by the first.
    for (const other of others) expect(other.name).toMatch(new RegExp(`^${name}_[a-z0-9_]+$`))
    for (const { author, description } of readHubItems(path)) {
      // The engine (1.7.8) does not start with an author in a scenario, and the hub's schema has none for parsers: the name says it.
      expect(author).toBe(path.startsWith('collections') ? 'gatepost' : undefined)
      expect(description).toMatch(/./)
    }
    expect(text(path.replace(/yaml$/, 'md'))).toMatch(/./)
    // No debugging, no anchors of YAML, and nothing slower than the one UnmarshalJSON.
    expect(text(path)).not.toMatch(/^\s*debug:|&\w+ |\*\w+$|grok|JsonExtract|RegexpIn|matches/m)
  })

  it.each(scenarios)('%s says what it means', (path) => {
    for (const { labels } of readHubItems(path))
      expect(labels).toEqual({
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

  it.each(scenarios)('%s counts IPv6 by its /64 and decides on the network', (path) => {
    for (const { name, filter = '', groupby = '', scope } of readHubItems(path)) {
      if (scope?.type === 'username') continue
      expect(scope).toEqual(
        name.endsWith('_ipv6') ? { type: 'Range', expression: 'evt.Meta.source_net' } : undefined,
      )
      expect(filter).toContain(`evt.Meta.source_net ${name.endsWith('_ipv6') ? '!=' : '=='} ''`)
      expect(groupby).toContain(scope === undefined ? 'evt.Meta.client_ip' : 'evt.Meta.source_net')
    }
    const names = readHubItems(path).filter(({ scope }) => scope?.type !== 'username')
    const plain = names.filter(({ name }) => !name.endsWith('_ipv6'))
    expect(names.map(({ name }) => name).toSorted()).toEqual(
      plain.flatMap(({ name }) => [name, `${name}_ipv6`]).toSorted(),
    )
  })

  it.each(scenarios)('%s: the twin for IPv6 counts as the one for IPv4 does', (path) => {
    const items = readHubItems(path)
    for (const twin of items.filter(({ name }) => name.endsWith('_ipv6'))) {
      const plain = items.find(({ name }) => `${name}_ipv6` === twin.name)
      expect(twin).toEqual({
        ...plain,
        name: twin.name,
        description: `${plain?.description}, from one IPv6 network`,
        filter: asTwin(plain?.filter),
        groupby: asTwin(plain?.groupby),
        scope: twin.scope,
      })
    }
  })

  it('the collection holds everything that there is', () => {
    const collection = readHubItem('collections/gatepost/gatepost.yaml')
    expect(collection.parsers?.toSorted()).toEqual(namesIn('parsers'))
    expect(collection.scenarios?.toSorted()).toEqual(namesIn('scenarios'))
    expect(collection.postoverflows?.toSorted()).toEqual(namesIn('postoverflows'))
    const contexts = hubFiles('contexts/*/*.yaml').map((path) => basename(path, '.yaml'))
    expect(collection.contexts).toEqual(contexts.map((name) => `gatepost/${name}`))
  })

  it('compose.yaml gives the engine all of it: one folder, which puts itself in place', () => {
    const compose = readFileSync(join(hub, '../infra/compose.yaml'), 'utf8')
    expect(compose).toContain('- ../crowdsec:/gatepost:ro')
    expect(compose).toContain('/bin/sh /gatepost/install /etc/crowdsec docker && exec')
    const folder = mkdtempSync(join(tmpdir(), 'gatepost-install-'))
    try {
      const install = (): string =>
        execFileSync('sh', [join(hub, 'install'), folder, 'docker'], { encoding: 'utf8' })
      mkdirSync(join(folder, 'scenarios'))
      writeFileSync(join(folder, 'scenarios/gatepost-of-an-old-version.yaml'), '')
      writeFileSync(join(folder, 'scenarios/somebody-elses.yaml'), '')
      install()
      install()
      const items = hubFiles('{parsers/*,scenarios,postoverflows/*,contexts}/*/*.yaml')
      expect(items.length).toBeGreaterThan(scenarios.length)
      const placed = items.map((path) => path.replace('/gatepost/', '/gatepost-'))
      expect(globSync('**/*.{yaml,local}', { cwd: folder }).toSorted()).toEqual(
        [
          ...placed,
          'acquis.d/gatepost-docker.yaml',
          'profiles.yaml.local',
          'scenarios/somebody-elses.yaml',
        ].toSorted(),
      )
      for (const path of items)
        expect(readFileSync(join(folder, path.replace('/gatepost/', '/gatepost-')), 'utf8')).toBe(
          text(path),
        )
      writeFileSync(join(folder, 'profiles.yaml.local'), 'name: mine\n')
      install()
      expect(readFileSync(join(folder, 'profiles.yaml.local'), 'utf8')).toBe('name: mine\n')
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })

  it('every scenario is set off by a test, with addresses for documentation only', () => {
    const assertions = hubFiles('.tests/*/scenario.assert').map(text).join('\n')
    for (const { name } of scenarios.flatMap(readHubItems))
      expect(assertions).toContain(`GetScenario() == "${name}"`)
    // One is about private networks.
    const logs = hubFiles('.tests/*/*.log').filter((path) => !path.includes('private-networks'))
    const addresses = logs.flatMap((path) =>
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
      expect.stringMatching(/^source_ip = event == 'outbound_burst' \|\| .* \? '' : .*\.ip$/),
      'client_ip = ip',
      'source_net = source_net',
      'known = known',
      'user = user',
      'pwfp = pwfp',
      'guesses = guesses',
      'shared = shared',
      'again = again',
      'forgives = forgives',
      'reason = reason',
      'kind = kind',
      'count = count',
      'detail = detail',
      'recipient = recipient',
      'session = session',
      'reported = reported',
      'evt.StrTime = time',
    ])
  })

  it('reads no field that the server does not write', () => {
    const written: readonly string[] = [
      ...commonFields,
      ...optionalFields,
      reportedField,
      ...Object.values(eventFields).flat(),
    ]
    const fields = statics.flatMap(({ expression }) =>
      [...expression.matchAll(/Unmarshaled\.gatepost\.(\w+)/g)].map(([, field]) => field),
    )
    expect(fields.length).toBeGreaterThanOrEqual(read.length)
    for (const field of fields) expect(written).toContain(field)
  })

  it.each(scenarios)('%s asks for events that there are', (path) => {
    const filters = readHubItems(path).map(({ filter = '' }) => filter)
    const asked = [
      ...filters.join('\n').matchAll(/log_type (?:== '(\w+)'|in \[([^\]]+)\])/g),
    ].flatMap(([, one, list]) => one ?? list?.replaceAll(/[' ]/g, '').split(',') ?? [])
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
