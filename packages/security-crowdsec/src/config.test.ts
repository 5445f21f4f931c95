import { expect, it } from 'vitest'

import { crowdsecConfigSchema } from './config.ts'

const key = { api_key: 'k' }

it.each([
  [{}],
  [{ lapi_url: 'http://127.0.0.1:8080', ...key }],
  [{ lapi_url: 'https://lapi.example/crowdsec/', api_key_file: 'key' }],
  [{ lapi_url: 'unix:/run/crowdsec/lapi.sock', ...key }],
  [{ lapi_url: 'unix:///run/crowdsec/lapi.sock', ...key }],
  [{ lapi_url: 'https://x', client_certificate: 'c.pem', client_key: 'k.pem' }],
  [{ types: { enforce_mfa: 'captcha', noise: 'ignore' }, unknown_types: 'throttle' }],
  [{ report: { enabled: true }, machine_id: 'mail', machine_password_file: 'password' }],
])('takes %j', (config) => {
  expect(crowdsecConfigSchema.safeParse(config).error?.issues).toBeUndefined()
})

it.each([
  [{ lapi_url: 'http://127.0.0.1:8080' }, 'lapi_url needs api_key'],
  [{ lapi_url: 'ftp://127.0.0.1', ...key }, 'not a URL such as'],
  [{ lapi_url: 'unix:lapi.sock', ...key }, 'not a URL such as'],
  [{ lapi_url: 'https://x', client_certificate: 'c.pem' }, 'belong together'],
  [{ report: { enabled: true } }, 'a report needs machine_id'],
  [{ types: { x: 'kill' } }, 'Invalid option'],
  [{ never_ban: ['10.0.0.0/33'] }, 'not an address or a network'],
  [{ allow_list: ['x'] }, 'not an address or a network'],
  [{ unknown: 1 }, 'Unrecognized key'],
])('refuses %j: %s', (config, message) => {
  const issues = crowdsecConfigSchema.safeParse(config).error?.issues ?? []
  expect(issues.map((issue) => issue.message).join('\n')).toContain(message)
})
