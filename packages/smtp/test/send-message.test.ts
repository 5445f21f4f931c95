import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { createSecureContext, type SecureContext } from 'node:tls'

import { makeSelfSignedCertificate, secureContextOf } from '@gatepost/gate'
import { ScriptedSmtpServer } from '@gatepost/testkit'
import { beforeAll, describe, expect, it } from 'vitest'

import { sendMessage, type OutgoingMessage, type SmtpTarget } from '../src/index.ts'

const message: OutgoingMessage = {
  content: Buffer.from('From: me@example.test\r\n\r\nx\r\n'),
  reversePath: 'me@example.test',
  recipients: [{ address: 'you@example.org', notify: [], originalRecipient: null }],
  envelopeId: null,
  dsnReturn: 'headers',
  isTlsRequired: false,
}

function send(
  to: { readonly port: number },
  more: { readonly message?: Partial<OutgoingMessage>; readonly target?: Partial<SmtpTarget> } = {},
): ReturnType<typeof sendMessage> {
  return sendMessage(
    { host: '127.0.0.1', port: to.port, ...more.target },
    { ...message, ...more.message },
    {
      hostname: 'mail.example.test',
      connectMs: 5000,
      totalMs: 20_000,
      signal: new AbortController().signal,
    },
  )
}

describe('a server that offers STARTTLS', () => {
  let good: SecureContext
  let outdated: SecureContext
  beforeAll(async () => {
    const certificate = await makeSelfSignedCertificate(['localhost'], Date.now())
    good = secureContextOf(certificate)
    outdated = createSecureContext({
      cert: certificate.certificate,
      key: certificate.key,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
  })

  it('gets the mail over TLS, whoever signed its certificate', async () => {
    await using server = await ScriptedSmtpServer.listen({ secureContext: good })
    expect(await send(server)).toMatchObject({ kind: 'answered', isSecure: true })
    expect(server.messages).toMatchObject([{ isTls: true }])
  })

  it('with TLS that nobody should speak any more gets it in the clear, once', async () => {
    await using server = await ScriptedSmtpServer.listen({ secureContext: outdated })
    expect(await send(server)).toMatchObject({
      kind: 'answered',
      isSecure: false,
      recipients: [{ address: 'you@example.org', outcome: 2 }],
    })
    expect(server.messages).toMatchObject([{ isTls: false }])
    expect(server.connections).toBe(2)
  })

  it.each([
    ['a mail that must not go in the clear', { message: { isTlsRequired: true } }],
    ['a password', { target: { credentials: { user: 'me', password: 'secret' } } }],
  ])('gets nothing without it when it is about %s', async (_name, more) => {
    await using server = await ScriptedSmtpServer.listen({ secureContext: outdated })
    expect(await send(server, more)).toMatchObject({ kind: 'unreachable' })
    expect(server.connections).toBe(1)
    expect(server.commands).toEqual(['EHLO mail.example.test', 'STARTTLS'])
  })
})

it('does not ask a server again that went away for another reason', async () => {
  await using server = await ScriptedSmtpServer.listen({ reply: () => '421 4.3.2 going down' })
  expect(await send(server)).toMatchObject({ kind: 'unreachable' })
  expect(server.connections).toBe(1)
})

it('a message of many megabytes is sent over many turns of the event loop', async () => {
  // The scripted server looks through all that it has with each piece.
  const server = createServer((socket) => {
    let isData = false
    let last = ''
    socket.write('220 sink.example\r\n')
    socket.on('data', (data: Buffer) => {
      last = data.toString('latin1', Math.max(0, data.length - 5))
      if (isData && last !== '\r\n.\r\n') return
      isData = data.toString('latin1', 0, 4) === 'DATA'
      socket.write(isData ? '354 go on\r\n' : '250 2.0.0 fine\r\n')
    })
    socket.on('error', () => undefined)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const content = Buffer.alloc(20_000_000, `${'x'.repeat(76)}\r\n`)
  let [longest, all, before] = [0, 0, process.threadCpuUsage()]
  const measure = (): void => {
    const { user, system } = process.threadCpuUsage(before)
    longest = Math.max(longest, user + system)
    all += user + system
    before = process.threadCpuUsage()
    if (server.listening) setImmediate(measure)
  }
  setImmediate(measure)
  const result = await send(server.address() as AddressInfo, { message: { content } })
  server.close()
  expect(result).toMatchObject({ recipients: [{ outcome: 2 }] })
  expect(longest).toBeLessThan(all / 4)
})
