import fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { createAutoconfigModule, dnsRecords, type MailServices } from '../src/index.ts'

const services: MailServices = {
  hostname: 'mail.example.test',
  displayName: 'Müller & Söhne',
  imap: [
    { port: 993, tls: 'implicit' },
    { port: 143, tls: 'starttls' },
  ],
  submission: [
    { port: 465, tls: 'implicit' },
    { port: 587, tls: 'starttls' },
  ],
  https: 443,
  hasDocuments: true,
  isDomain: (name) => name === 'example.test' || name === 'other.test',
  firstDomain: 'example.test',
}
let app: FastifyInstance

beforeAll(async () => {
  app = fastify()
  createAutoconfigModule({ services, now: () => 0 }).addRoutes(app)
  await app.ready()
})
afterAll(() => app.close())

async function get(url: string, host = 'autoconfig.example.test'): Promise<[number, string]> {
  const { statusCode, body } = await app.inject({ url, headers: { host } })
  return [statusCode, body]
}

describe('Thunderbird', () => {
  it.each([
    ['/mail/config-v1.1.xml?emailaddress=alice%40example.test', 'x.example', 'example.test'],
    [
      '/mail/config-v1.1.xml?emailaddress=%25EMAILADDRESS%25',
      'autoconfig.other.test',
      'other.test',
    ],
    ['/.well-known/autoconfig/mail/config-v1.1.xml', 'other.test:8080', 'other.test'],
    ['/.well-known/autoconfig/mail/config-v1.1.xml', '192.0.2.1', 'example.test'],
    ['/mail/config-v1.1.xml?emailaddress=a@other.test&emailaddress=b@x', 'x', 'example.test'],
  ])('asks for %s at %s, and is told of %s', async (url, host, domain) => {
    const [status, body] = await get(url, host)
    expect(status).toBe(200)
    expect(body).toContain(`<domain>${domain}</domain>`)
    expect(body).toContain('<displayName>Müller &amp; Söhne</displayName>')
    // The user name is said: nothing is left to guess, and nobody logs in as "alice" first.
    expect(body.match(/<username>%EMAILADDRESS%<\/username>/g)).toHaveLength(5)
    expect(body).toMatch(
      /<incomingServer type="imap">\s*<hostname>mail.example.test<\/hostname>\s*<port>993/,
    )
  })

  it('hears nothing about addresses of others', async () => {
    expect((await get('/mail/config-v1.1.xml?emailaddress=a@elsewhere.example'))[0]).toBe(404)
  })
})

function outlook(address: string): string {
  return `<?xml version="1.0"?><a:Autodiscover xmlns:a="x"><a:Request><a:EMailAddress>${address}</a:EMailAddress></a:Request></a:Autodiscover>`
}

async function ask(payload: string, url = '/autodiscover/autodiscover.xml'): Promise<string> {
  const headers = { 'content-type': 'text/xml' }
  const { body } = await app.inject({ method: 'POST', url, payload, headers })
  return body
}

describe('Outlook', () => {
  it.each(['/autodiscover/autodiscover.xml', '/Autodiscover/Autodiscover.xml'])(
    'posts its address to %s and gets the servers',
    async (url) => {
      const body = await ask(outlook('alice&amp;co@example.test'), url)
      expect(body).toContain('<LoginName>alice&amp;co@example.test</LoginName>')
      expect(body).toMatch(/<Type>IMAP<\/Type>\s*<Server>mail.example.test<\/Server>\s*<Port>993/)
      expect(body).toMatch(/<Type>SMTP<\/Type>\s*<Server>mail.example.test<\/Server>\s*<Port>465/)
    },
  )

  it.each([
    [outlook('alice@elsewhere.example'), 500],
    [outlook('no address'), 500],
    ['<x/>', 600],
    [`<EMailAddress>${'<a>'.repeat(4000)}`, 600],
  ])('gets an error as it knows it for %j', async (payload, code) => {
    expect(await ask(payload)).toContain(`<ErrorCode>${code}</ErrorCode>`)
  })

  it('cannot put elements into the answer', async () => {
    expect(await ask(outlook('&lt;/LoginName&gt;@example.test'))).not.toContain('</LoginName>@')
  })

  it('finds the XML by the second version', async () => {
    const [, body] = await get(
      '/autodiscover/autodiscover.json?Email=a@example.test&Protocol=AutodiscoverV1',
    )
    expect(JSON.parse(body)).toEqual({
      Protocol: 'AutodiscoverV1',
      Url: 'https://mail.example.test/autodiscover/autodiscover.xml',
    })
    const [status, answer] = await get(
      '/autodiscover/autodiscover.json/v1.0/a@example.test?Protocol=ActiveSync',
    )
    expect([status, JSON.parse(answer)]).toMatchObject([400, { ErrorCode: 'InvalidProtocol' }])
  })

  it('is told so when it asks for two protocols at once', async () => {
    const [status] = await get('/autodiscover/autodiscover.json?Protocol=a&Protocol=b')
    expect(status).toBe(400)
  })
})

it('Apple Mail gets a profile, the same one each time', async () => {
  const url = '/apple.mobileconfig?emailaddress=alice%40example.test'
  const { headers, body } = await app.inject({ url })
  expect(headers['content-type']).toBe('application/x-apple-aspen-config')
  expect(body).toContain('<key>IncomingMailServerPortNumber</key><integer>993</integer>')
  expect(body).toContain('<key>OutgoingMailServerUsername</key><string>alice@example.test</string>')
  expect((await get(url))[1]).toBe(body)
  expect((await get('/apple.mobileconfig'))[0]).toBe(404)
})

it.each(['a$&b', "a$'b", 'a$`b', 'a$$b'])(
  'Apple Mail gets the address as it is when it looks like a pattern of String.replace: %s',
  async (local) => {
    const address = `${local}@example.test`
    const [, body] = await get(`/apple.mobileconfig?emailaddress=${encodeURIComponent(address)}`)
    const escaped = address.replaceAll('&', () => '&amp;').replaceAll("'", () => '&apos;')
    expect(body).toContain(`<key>EmailAddress</key><string>${escaped}</string>`)
    expect(body.match(/<dict>/g)).toHaveLength(2)
    expect(body.match(/<\/dict>/g)).toHaveLength(2)
  },
)

it('PACC gets a document that fits its digest in the DNS', async () => {
  const [, body] = await get('/.well-known/user-agent-configuration.json')
  expect(JSON.parse(body)).toEqual({
    protocols: {
      jmap: { url: 'https://mail.example.test/.well-known/jmap' },
      imap: { host: 'mail.example.test' },
      smtp: { host: 'mail.example.test' },
    },
    authentication: { password: true },
    info: { provider: { name: 'Müller & Söhne' } },
  })
  const txt = dnsRecords(services, 'example.test').find(({ type }) => type === 'TXT')
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(body))
  expect(txt?.data).toBe(`"v=UAAC1; a=sha256; d=${Buffer.from(digest).toString('base64')}"`)
})

it('the names in the DNS lead to what is offered, and say what is not', () => {
  const text = dnsRecords({ ...services, https: undefined }, 'other.test').map(
    ({ name, type, data }) => `${name} ${type} ${data}`,
  )
  expect(text).toEqual(
    expect.arrayContaining([
      'other.test. MX 10 mail.example.test.',
      '_submissions._tcp.other.test. SRV 0 1 465 mail.example.test.',
      '_imaps._tcp.other.test. SRV 0 1 993 mail.example.test.',
      '_pop3._tcp.other.test. SRV 0 0 0 .',
      '_jmap._tcp.other.test. SRV 0 0 0 .',
      'autoconfig.other.test. CNAME mail.example.test.',
    ]),
  )
})

it('no names lead to documents that are switched off', () => {
  const records = dnsRecords({ ...services, hasDocuments: false }, 'other.test')
  expect(records.filter(({ name }) => /auto/.test(name))).toEqual([])
  expect(records.map(({ name }) => name)).toContain('_imaps._tcp.other.test.')
})
