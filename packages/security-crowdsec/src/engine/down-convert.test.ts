import { readFileSync } from 'node:fs'

import { expect, it } from 'vitest'

import { downConvert, needsDownConversion } from './down-convert.ts'

function hubFile(path: string): string {
  return readFileSync(new URL(`../../../../crowdsec/${path}`, import.meta.url), 'utf8')
}

function namesOf(yaml: string): string[] {
  return [...yaml.matchAll(/^name: .*$/gm)].map(String)
}

it.each([
  ['v1.4.6-6~deb12u1+b1-debian', true],
  ['v1.5.0', false],
  ['v1.7.8', false],
  ['v2.0.0', false],
])('for %s: %s', (version, expected) => {
  expect(needsDownConversion(version)).toBe(expected)
})

it('rewrites the parser for an engine without UnmarshalJSON', () => {
  const parser = downConvert(hubFile('parsers/s01-parse/gatepost/mail-logs.yaml'))
  expect(parser).not.toContain('Unmarshal')
  expect(parser).toContain(`JsonExtract(evt.Parsed.message, 'event')`)
  expect(parser).toContain('startsWith')
})

it('leaves a scenario with labels that are strings', () => {
  const scenario = downConvert(hubFile('scenarios/gatepost/mail-bf.yaml'))
  expect(scenario).not.toContain('attack.T1110')
  expect(scenario).toMatch(/remediation: "true"/)
})

it('leaves every document of a file in its place', () => {
  const text = hubFile('scenarios/gatepost/mail-bf.yaml')
  expect(namesOf(text)).toHaveLength(3)
  expect(namesOf(downConvert(text))).toEqual(namesOf(text))
})

it('lets bans grow for those who come back only where the engine can count decisions', () => {
  const profiles = hubFile('profiles/gatepost.yaml')
  expect(profiles.match(/^duration_expr: /gm)).toHaveLength(2)
  const old = downConvert(profiles)
  expect(old).not.toContain('duration_expr')
  expect(namesOf(old)).toEqual(namesOf(profiles))
  expect(old.match(/duration: 4h/g)).toHaveLength(3)
})

it('rewrites what is about time for an engine that cannot calculate with it', () => {
  const parser = downConvert(hubFile('parsers/s02-enrich/gatepost/mail-old-lines.yaml'))
  expect(parser).not.toMatch(/now\(\)|duration\(/)
  expect(parser).toContain('evt.Time.UTC()')
})
