import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { defaultRetrySchedule, type MailHostFinder } from '@gatepost/delivery'
import { makeSelfSignedCertificate } from '@gatepost/gate'
import { PostfixServer, type PostfixParameters } from '@gatepost/testkit'

import { TestServer } from '../../support/test-server.ts'

export type PeerName = 'full' | 'ascii' | 'seven' | 'small' | 'strict' | 'bare'

/** Mail servers that differ in what they take; each is the one for the domain `NAME.example`. */
const doors: Readonly<Record<PeerName, PostfixParameters>> = {
  full: {},
  // Without SMTPUTF8.
  ascii: { smtputf8_enable: 'no' },
  seven: { smtpd_discard_ehlo_keywords: '8bitmime, smtputf8' },
  small: { message_size_limit: '4000' },
  strict: {
    smtpd_recipient_restrictions: 'check_recipient_access static:{550 5.2.1 Postfach geschlossen}',
    smtpd_reject_footer: `Fragen an Jörg Müller\\n${'long words '.repeat(30)}`,
  },
  // SMTP without extensions: what is too large is refused behind DATA.
  bare: {
    message_size_limit: '4000',
    smtpd_discard_ehlo_keywords:
      'pipelining, chunking, dsn, size, enhancedstatuscodes, starttls, 8bitmime, smtputf8, vrfy, etrn',
  },
}

/** `grün.example`: mail for it goes to the server without 8BITMIME and SMTPUTF8. */
const idnPeer = 'xn--grn-ioa.example'

const soon = { ...defaultRetrySchedule, firstMs: 5, maxMs: 5 }

/** The whole server, and Postfix as every other one: where Gatepost's mail goes to, and where mail for its own accounts comes from. */
export class PostfixPeers implements AsyncDisposable {
  readonly gatepost: TestServer
  readonly postfix: PostfixServer<PeerName>
  readonly #resources: AsyncDisposableStack

  private constructor(
    gatepost: TestServer,
    postfix: PostfixServer<PeerName>,
    resources: AsyncDisposableStack,
  ) {
    this.gatepost = gatepost
    this.postfix = postfix
    this.#resources = resources
  }

  static async start(accounts: readonly string[] = []): Promise<PostfixPeers> {
    await using stack = new AsyncDisposableStack()
    let ports: Readonly<Partial<Record<string, number>>> = {}
    const hosts: MailHostFinder = {
      find: async (domain) => {
        const port = ports[domain.split('.')[0] ?? ''] ?? ports['seven'] ?? 0
        return { kind: 'hosts', targets: [{ host: '127.0.0.1', port }] }
      },
    }
    const gatepost = stack.use(
      await TestServer.start({
        schedule: soon,
        hosts,
        accounts: ['me@example.test', ...accounts],
        environment: { GATEPOST__DOMAINS: 'example.test,xn--bcher-kva.example' },
      }),
    )
    const { certificate, key } = await makeSelfSignedCertificate(['localhost'], Date.now())
    const pem = join(gatepost.folder, 'postfix.pem')
    writeFileSync(pem, key + certificate, { mode: 0o600 })
    const postfix = stack.use(
      await PostfixServer.start({
        doors,
        main: {
          smtpd_tls_security_level: 'may',
          smtpd_tls_chain_files: pem,
          virtual_mailbox_domains: [
            ...Object.keys(doors).map((name) => `${name}.example`),
            idnPeer,
          ].join(' '),
          relayhost: `[127.0.0.1]:${gatepost.port('mx')}`,
        },
      }),
    )
    ports = postfix.ports
    return new PostfixPeers(gatepost, postfix, stack.move())
  }

  /** The queue has let go of everything that it took. */
  async settled(): Promise<void> {
    while ((await this.gatepost.running.store.queue.list(1)).length > 0)
      await new Promise((resolve) => setImmediate(resolve))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync()
  }
}
