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
  to: ScriptedSmtpServer,
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
