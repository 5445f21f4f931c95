import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { HubLog } from './hub-log.ts'
import { hubStories } from './hub-stories.ts'
import { ScenarioReplay, type ReplayAlert } from './replay/bucket.ts'
import { compile } from './replay/expression.ts'
import { hub, hubFiles, readHubItem, readHubItems, type HubItem } from './replay/hub-item.ts'
import { lineParser } from './replay/parse-line.ts'

const parse = lineParser(readHubItem('parsers/s01-parse/gatepost/mail-logs.yaml'))
const scenarios = hubFiles('scenarios/*/*.yaml').flatMap(readHubItems)
const allowList = readHubItem('postoverflows/s01-whitelist/gatepost/mail-allow-list.yaml')

// crowdsecurity/whitelists: drops events by their source_ip.
const privateAddress = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|127\.0\.0\.1$|::1$)/

/** What the collection makes of a log. */
function replay(text: string, parsers: readonly string[] = []): ReplayAlert[] {
  const buckets = scenarios.map((item) => new ScenarioReplay(item))
  const isListed = parsers.includes('crowdsecurity/whitelists')
  return text
    .split('\n')
    .flatMap((line) => parse(line) ?? [])
    .filter(({ Meta }) => !isListed || !privateAddress.test(Meta['source_ip'] ?? ''))
    .flatMap((event) => buckets.flatMap((scenario) => scenario.pour(event)))
}
/** What the allow list leaves of it. */
function decided(alerts: readonly ReplayAlert[]): ReplayAlert[] {
  const allowed = allowList.whitelist?.ip ?? []
  return alerts.filter(({ scope, value }) => scope !== 'Ip' || !allowed.includes(value))
}
function names(alerts: readonly ReplayAlert[]): string[] {
  return alerts.map(({ scenario, scope, value }) => `${scenario} ${scope} ${value}`).toSorted()
}

describe.each(Object.entries(hubStories))('%s', (name, story) => {
  const file = join(hub, '.tests', name, `${name}.log`)

  it('sets off what it should, and nothing else', () => {
    expect(names(decided(replay(readFileSync(file, 'utf8'), story.parsers)))).toEqual(
      story.alerts.map((alert) => alert.join(' ')).toSorted(),
    )
  })

  it('is judged by the engine as it is here', () => {
    const assertions = join(hub, '.tests', name, 'scenario.assert')
    expect(existsSync(assertions)).toBe(true)
    const text = readFileSync(assertions, 'utf8')
    const sources = [...text.matchAll(/^"(.+)" in results\[(\d+)\]/gm)]
    const judged = text.matchAll(/^results\[(\d+)\]\.Overflow\.Alert\.GetScenario\(\) == "(.+)"$/gm)
    const found = [...judged].flatMap(([, index, scenario]) =>
      sources.filter(([, , of]) => of === index).map(([, value]) => `${scenario} ${value}`),
    )
    // The engine's tests end before the allow list.
    const alerts = replay(readFileSync(file, 'utf8'), story.parsers)
    expect(found.toSorted()).toEqual(
      alerts.map(({ scenario, value }) => `${scenario} ${value}`).toSorted(),
    )
  })
})

/** Replays one attacker's first tries. */
function afterTries(count: number, tell: (log: HubLog, tries: number) => void): string[] {
  const log = new HubLog()
  tell(log, count)
  return replay(log.text).map(({ scenario }) => scenario)
}

describe('thresholds', () => {
  const sender = 'a@example.org'
  it.each<[scenario: string, most: number, tell: (log: HubLog, tries: number) => void]>([
    ['gatepost/mail-bf', 5, (log, tries) => log.fail('192.0.2.1', tries)],
    [
      'gatepost/mail-slow-bf',
      12,
      (log, tries) => {
        // Each account twice, far apart: below the other two.
        for (let count = 0; count < tries; count += 1)
          log.fail('192.0.2.1', 1, { user: `u${count % 4}@example.test`, everySeconds: 65 })
      },
    ],
    [
      'gatepost/mail-password-spray',
      5,
      (log, tries) => {
        for (let count = 0; count < tries; count += 1)
          log.fail('192.0.2.1', 1, { user: `u${count}@example.test` })
      },
    ],
    [
      'gatepost/mail-account-attack',
      10,
      (log, tries) => {
        for (let count = 0; count < tries; count += 1) log.fail(`192.0.2.${count}`, 1)
      },
    ],
    [
      'gatepost/mail-recipient-dictionary',
      5,
      (log, tries) => {
        for (let count = 0; count < tries; count += 1)
          log.events.unknownRecipient(log.from('192.0.2.1'), { sender, recipient: `u${count}` })
      },
    ],
    [
      'gatepost/mail-relay-probe',
      2,
      (log, tries) => {
        for (let count = 0; count < tries; count += 1)
          log.events.relayDenied(log.from('192.0.2.1'), { sender, recipient: `u${count}` })
      },
    ],
  ])('%s forgives %d', (scenario, most, tell) => {
    expect(afterTries(most, tell)).toEqual([])
    expect(afterTries(most + 1, tell)).toEqual([scenario])
  })
})

it('nothing is set off by what was refused or cut because of a decision, however much of it there is', () => {
  const decision = {
    id: 1,
    scope: 'ip' as const,
    value: '192.0.2.1',
    type: 'ban',
    scenario: 'gatepost/mail-bf',
    origin: 'crowdsec',
    until: 0,
  }
  const log = new HubLog()
  for (let count = 0; count < 2000; count += 1) {
    for (const protocol of ['smtp', 'imap', 'jmap'] as const) {
      log.events.blocked(log.from('192.0.2.1', protocol), { decision })
      log.events.sessionCut(log.from('192.0.2.1', protocol), { decision, user: 'me@example.test' })
    }
    log.pass(1)
  }
  expect(log.lines.length).toBeGreaterThan(6000)
  expect(replay(log.text)).toEqual([])
})

describe('old lines', () => {
  const item: HubItem = readHubItem('parsers/s02-enrich/gatepost/mail-old-lines.yaml')
  const now = Date.UTC(2026, 0, 2, 3, 4, 5)

  function isDropped(secondsAgo: number, mode = 0): boolean {
    const StrTime = new Date(now - secondsAgo * 1000).toISOString()
    const evt = { Parsed: { program: 'gatepost' }, StrTime, ExpectMode: mode }
    const scope = {
      evt,
      now: () => now,
      date: ([text]: [string]) => Date.parse(text),
      duration: ([text]: [string]) => Number.parseInt(text, 10) * 60_000,
    }
    if (compile(item.filter ?? '')(scope) !== true) return false
    const expressions = item.whitelist?.expression ?? []
    return expressions.some((expression) => compile(expression)(scope) === true)
  }

  it('are dropped after five minutes, unless events are judged by their own time', () => {
    expect(isDropped(299)).toBe(false)
    expect(isDropped(301)).toBe(true)
    expect(isDropped(-30)).toBe(false)
    expect(isDropped(86_400, 1)).toBe(false)
  })
})
