import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'

import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'

interface HubItem {
  readonly name: string
  readonly author: string
  readonly description: string
  readonly labels?: Readonly<Record<string, unknown>>
  readonly parsers?: readonly string[]
  readonly scenarios?: readonly string[]
}

const hub = join(import.meta.dirname, '../../../crowdsec')
const paths = globSync('{parsers/*,scenarios,collections}/*/*.yaml', { cwd: hub }).toSorted()
// Of the hub's taxonomy, those that a mail server has use for.
const behaviors = new Set([
  'pop3/imap:bruteforce',
  'smtp:spam',
  'generic:bruteforce',
  'generic:scan',
])

function read(path: string): HubItem {
  return parse(readFileSync(join(hub, path), 'utf8')) as HubItem
}
function namesIn(folder: string): string[] {
  return paths.filter((path) => path.startsWith(folder)).map((path) => read(path).name)
}

describe('the rules of the CrowdSec hub', () => {
  it.each(paths)('%s is named for author and file, and has its page', (path) => {
    const { name, author, description } = read(path)
    expect(name).toBe(`${author}/${basename(path, '.yaml')}`)
    expect(path).toContain(`/${author}/`)
    expect(description).not.toBe('')
    expect(existsSync(join(hub, path.replace(/yaml$/, 'md')))).toBe(true)
    expect(readFileSync(join(hub, path), 'utf8')).not.toMatch(/^\s*debug:|&\w+ |\*\w+$/m)
  })

  it.each(paths.filter((path) => path.startsWith('scenarios')))('%s says what it means', (path) => {
    expect(read(path).labels).toEqual({
      service: expect.stringMatching(/./),
      label: expect.stringMatching(/./),
      behavior: expect.toSatisfy((behavior: string) => behaviors.has(behavior)),
      classification: [expect.stringMatching(/^attack\.T\d{4}(?:\.\d{3})?$/)],
      spoofable: expect.toSatisfy((level: number) => [0, 1, 2, 3].includes(level)),
      confidence: expect.toSatisfy((level: number) => [0, 1, 2, 3].includes(level)),
      remediation: true,
    })
  })

  it('the collection holds every parser and scenario', () => {
    const { parsers, scenarios } = read('collections/gatepost/gatepost.yaml')
    expect(parsers?.toSorted()).toEqual(namesIn('parsers').toSorted())
    expect(scenarios?.toSorted()).toEqual(namesIn('scenarios').toSorted())
  })

  it('every scenario has a test, with addresses for documentation only', () => {
    const configs = globSync('.tests/*/config.yaml', { cwd: hub }).map((path) =>
      readFileSync(join(hub, path), 'utf8'),
    )
    for (const path of paths.filter((name) => name.startsWith('scenarios')))
      expect(configs.some((config) => config.includes(`./${path}`))).toBe(true)
    const addresses = globSync('.tests/*/*.log', { cwd: hub }).flatMap((path) =>
      [...readFileSync(join(hub, path), 'utf8').matchAll(/"ip":"([^"]+)"/g)].map(([, ip]) => ip),
    )
    // RFC 5737, RFC 3849.
    for (const ip of new Set(addresses))
      expect(ip).toMatch(/^(?:192\.0\.2\.|198\.51\.100\.|203\.0\.113\.|2001:db8:)/)
  })
})
