import { join } from 'node:path'

import { describe, expect, it } from 'vitest'

import { HubLog } from './hub-log.ts'
import { hubStories } from './hub-stories.ts'
import { hub, hubFiles, hubTests } from './replay/hub-item.ts'

describe.each(Object.entries(hubStories))('the hub test %s', (name, { tell, parsers = [] }) => {
  it('has the log that the server writes (after a change: vitest -u, then tools/hub-asserts.ts)', async () => {
    const log = new HubLog()
    tell(log)
    await expect(log.text).toMatchFileSnapshot(join(hub, '.tests', name, `${name}.log`))
  })

  it('runs every scenario, so that no other one is set off', async () => {
    const scenarios = hubFiles('scenarios/*/*.yaml').map((path) => `  - ./${path}`)
    const config = [
      'parsers:',
      '  - crowdsecurity/syslog-logs',
      '  - crowdsecurity/dateparse-enrich',
      '  - ./parsers/s01-parse/gatepost/mail-logs.yaml',
      ...parsers.map((parser) => `  - ${parser}`),
      'scenarios:',
      ...scenarios,
      'postoverflows:',
      '  - ./postoverflows/s01-whitelist/gatepost/mail-allow-list.yaml',
      `log_file: ${name}.log`,
      'log_type: gatepost',
      'ignore_parsers: false',
      '',
    ]
    await expect(config.join('\n')).toMatchFileSnapshot(join(hub, '.tests', name, 'config.yaml'))
  })
})

it('every hub test has a story', () => {
  expect(hubTests().toSorted()).toEqual(Object.keys(hubStories).toSorted())
})
