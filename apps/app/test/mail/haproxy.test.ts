import { LineClient } from '@gatepost/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { TestServer } from '../support/test-server.ts'
import { requirePrograms } from './support/external-program.ts'
import { Haproxy } from './support/haproxy.ts'
import { connectImap, messagesIn } from './support/imap-connection.ts'
import { deliver } from './support/smtp-delivery.ts'

const proxyAddress = '127.0.0.9'
const clientAddress = '127.0.0.77'

let resources: AsyncDisposableStack
let server: TestServer
let proxy: Haproxy<'mx' | 'imap' | 'imaps' | 'http'>

beforeEach((context) => {
  requirePrograms(context, 'haproxy')
  resources = new AsyncDisposableStack()
})
afterEach(() => resources.disposeAsync())

async function start(environment: Readonly<Record<string, string>>): Promise<void> {
  server = resources.use(await TestServer.start({ environment }))
  proxy = resources.use(
    await Haproxy.start({
      folder: server.folder,
      address: proxyAddress,
      routes: {
        mx: { port: server.port('mx'), tells: 'proxy-v2' },
        imap: { port: server.port('imap'), tells: 'proxy-v2' },
        imaps: { port: server.port('imaps'), tells: 'proxy-v2' },
        http: { port: server.port('http'), tells: 'x-forwarded-for' },
      },
    }),
  )
}
function client(name: 'mx' | 'imap' | 'imaps' | 'http'): LineClient {
  return resources.use(
    new LineClient({
      port: proxy.ports[name],
      localAddress: clientAddress,
      isImplicitTls: name === 'imaps',
    }),
  )
}
function events(): readonly object[] {
  return server.securityLines.map((line) => JSON.parse(line) as object)
}
const proxied = Object.fromEntries(
  ['MX', 'IMAP', 'IMAPS'].map((name) => [`GATEPOST__LISTEN__${name}__PROXY_PROTOCOL`, 'true']),
)

describe('a proxy that is trusted', () => {
  beforeEach(() => start({ ...proxied, GATEPOST__PROXY__TRUSTED: `${proxyAddress}/32` }))

  it('names the client: for the trace field and for the security log of SMTP', async () => {
    await deliver(proxy.ports.mx, 'Subject: behind a proxy\r\n\r\nx\r\n', {
      localAddress: clientAddress,
    })
    const mx = client('mx')
    await mx.reply()
    await mx.ask('EHLO client.example')
    await mx.ask('MAIL FROM:<a@example.org>')
    expect(await mx.ask('RCPT TO:<nobody@example.test>')).toMatch(/^550 5\.1\.1 /)
    expect(events()).toMatchObject([
      { event: 'rcpt_unknown', listener: 'mx', ip: clientAddress, port: `${mx.socket.localPort}` },
    ])
    await using flow = await connectImap(proxy.ports.imaps)
    const [message] = await messagesIn(flow, 'INBOX')
    expect(message).toContain(`Received: from client.example ([${clientAddress}])\r\n`)
  })

  it.each(['imap', 'imaps'] as const)('names the client of a failed login at %s', async (name) => {
    const imap = client(name)
    await imap.until(/^\* OK /)
    if (name === 'imap') {
      imap.send('a STARTTLS\r\n')
      await imap.until(/^a OK /)
      await imap.startTls()
    }
    imap.send('b LOGIN me@example.test wrong\r\n')
    await imap.until(/^b NO /)
    expect(events()).toMatchObject([
      { event: 'auth_failed', listener: name, ip: clientAddress, tls: 'yes' },
    ])
  })

  it('names the client of a failed login at JMAP', async () => {
    const http = client('http')
    const login = Buffer.from('me@example.test:wrong').toString('base64')
    http.send(
      `GET /.well-known/jmap HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic ${login}\r\n\r\n`,
    )
    expect(await http.line()).toMatch(/^HTTP\/1\.1 401 /)
    expect(events()).toMatchObject([{ event: 'auth_failed', listener: 'http', ip: clientAddress }])
  })

  it('has to: a connection of its own without a header is closed', async () => {
    const direct = resources.use(
      new LineClient({ port: server.port('mx'), localAddress: proxyAddress }),
    )
    direct.send('EHLO client.example\r\n')
    await direct.closed()
    expect(await direct.line()).toBeUndefined()
  })
})

describe('a proxy that is not trusted', () => {
  it('is not believed: its header is bad input, and the mail behind it is not taken', async () => {
    await start({ ...proxied, GATEPOST__PROXY__TRUSTED: '192.0.2.1' })
    await expect(
      deliver(proxy.ports.mx, 'Subject: x\r\n\r\nx\r\n', { localAddress: clientAddress }),
    ).rejects.toThrow('500 5.5.2 Lines must end with CRLF')
    await client('imaps').closed()
    const imap = client('imap')
    await imap.until(/^\* OK /)
    await imap.until(/^\* BAD /)
    expect(events()).toMatchObject([
      { event: 'protocol_abuse', listener: 'imaps', ip: proxyAddress },
    ])
    await using flow = await connectImap(server.port('imaps'))
    expect(await messagesIn(flow, 'INBOX')).toEqual([])
    expect(server.securityLines.join('')).not.toContain(clientAddress)
    expect(server.logLines.join('')).not.toContain(clientAddress)
  })
})
