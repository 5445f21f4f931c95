import { describe, expect, it } from 'vitest'

import { hostFields, hostOfUrl, judgeHost, judgeOrigin, ownNames, parseHost } from './http-host.ts'

const rules = {
  isOwnName: ownNames({
    hostname: 'mx1.example.net',
    isDomain: (name) => name === 'example.org',
    more: ['Mail.Example.com.'],
  }),
  crossOrigins: ['https://webmail.example.com'],
}

describe('a Host field', () => {
  it.each([
    ['mx1.example.net', 'own'],
    ['MX1.example.net.:8443', 'own'],
    ['example.org', 'own'],
    ['autoconfig.example.org', 'own'],
    ['a.b.example.org:80', 'own'],
    ['mail.example.com', 'own'],
    ['localhost:8080', 'own'],
    ['127.0.0.1:8080', 'own'],
    ['[::1]:8080', 'own'],
    ['192.0.2.1', 'own'],
    ['192.0.2.2', 'own'],
    ['[2001:db8::1]', 'own'],
    ['example.net', 'foreign'],
    ['other.example.net', 'foreign'],
    ['notexample.org', 'foreign'],
    ['example.org.evil.example', 'foreign'],
    ['mx1.example.net.evil.example', 'foreign'],
    ['xlocalhost', 'foreign'],
    ['', 'malformed'],
    ['a b', 'malformed'],
    ['user@example.org', 'malformed'],
    ['example.org/path', 'malformed'],
    ['[::1', 'malformed'],
    ['[::::]', 'malformed'],
    ['example.org:x', 'malformed'],
    ['x'.repeat(300), 'malformed'],
  ])('%s is %s', (host, kind) => {
    expect(judgeHost(host, rules)).toEqual({ kind })
  })

  it('is malformed when there is none', () => {
    expect(judgeHost(undefined, rules)).toEqual({ kind: 'malformed' })
  })

  it.each([
    ['Mail.Example.test.:8443', 'mail.example.test.:8443', 'mail.example.test'],
    ['a_b.example.test', 'a_b.example.test', 'a_b.example.test'],
    ['[2001:DB8::1]:80', '[2001:db8::1]:80', undefined],
    ['192.0.2.1', '192.0.2.1', undefined],
  ])('%s is kept as it was written', (host, text, name) => {
    expect(parseHost(host)).toEqual({ text, name })
  })

  it.each([
    ['/path', undefined],
    ['*', undefined],
    ['http://a.example:80/path', 'a.example:80'],
    ['HTTPS://a.example?b', 'a.example'],
    ['http://user@a.example/', 'user@a.example'],
  ])('in the target %s is %s', (url, host) => {
    expect(hostOfUrl(url)).toBe(host)
  })

  it('is seen each time it comes', () => {
    expect(hostFields(['Host', 'a', 'X', 'host', 'hOST', 'b'])).toEqual(['a', 'b'])
  })
})

describe('the origin of a request', () => {
  const own = 'https://mx1.example.net'
  const none = { method: 'POST', origin: undefined, fetchSite: undefined, fetchMode: undefined }
  it.each([
    ['no browser', none, 'own'],
    ['our own page', { ...none, origin: 'https://mx1.example.net' }, 'own'],
    ['a page that may', { ...none, origin: 'https://webmail.example.com' }, 'allowed'],
    ['the same without TLS', { ...none, origin: 'http://mx1.example.net' }, 'foreign'],
    ['another port', { ...none, origin: 'https://mx1.example.net:8443' }, 'foreign'],
    ['a page of somebody else', { ...none, origin: 'https://evil.example' }, 'foreign'],
    ['a sandboxed page', { ...none, origin: 'null' }, 'foreign'],
    [
      'a form without Origin',
      { ...none, fetchSite: 'cross-site', fetchMode: 'navigate' },
      'foreign',
    ],
    [
      'an image',
      { ...none, method: 'GET', fetchSite: 'cross-site', fetchMode: 'no-cors' },
      'foreign',
    ],
    ['a link', { ...none, method: 'GET', fetchSite: 'cross-site', fetchMode: 'navigate' }, 'own'],
    ['an address that was typed', { ...none, method: 'GET', fetchSite: 'none' }, 'own'],
  ])('%s', (_what, fields, kind) => {
    expect(judgeOrigin(fields, own, rules).kind).toBe(kind)
  })

  it('knows the port that goes without saying', () => {
    const fields = { ...none, origin: 'https://mx1.example.net' }
    expect(judgeOrigin(fields, 'https://mx1.example.net:443', rules).kind).toBe('own')
    expect(judgeOrigin(fields, undefined, rules).kind).toBe('foreign')
  })
})
