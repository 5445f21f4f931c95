import { randomUUID } from 'node:crypto'

import { connectImap, messagesIn } from './imap-connection.ts'
import type { PostfixPeers } from './postfix-peers.ts'
import { readReport, type Fields, type ReadReport } from './status-report.ts'
import { submit } from './submission.ts'

export interface OutgoingMailOptions {
  readonly notify?: 'success'
}

const firstField = 'From: me@example.test'

/** A mail of me@example.test, submitted; what other servers got of it, and what was reported. Texts have one character for each octet. */
export class OutgoingMail {
  readonly message: string
  readonly #peers: PostfixPeers
  readonly #id: string

  private constructor(peers: PostfixPeers, id: string, message: string) {
    this.#peers = peers
    this.#id = id
    this.message = message
  }

  /** `content` follows From, To, Date and Message-ID; LF is its line end. */
  static compose(peers: PostfixPeers, content: string): OutgoingMail {
    const id = `${randomUUID()}@example.test`
    const head = `${firstField}\nTo: you@example.org\nDate: Sat, 1 Jan 2022 10:00:00 +0000\nMessage-ID: <${id}>\n`
    const message = Buffer.from((head + content).replaceAll('\n', '\r\n')).toString('latin1')
    return new OutgoingMail(peers, id, message)
  }

  static async submit(
    peers: PostfixPeers,
    content: string,
    to: readonly string[],
    { notify }: OutgoingMailOptions = {},
  ): Promise<OutgoingMail> {
    const mail = OutgoingMail.compose(peers, content)
    await submit(
      { port: peers.gatepost.port('submissions') },
      {
        envelope: { from: 'me@example.test', to: [...to] },
        raw: Buffer.from(mail.message, 'latin1'),
        ...(notify === undefined
          ? {}
          : { dsn: { id: 'e', return: 'headers', notify, recipient: to[0] ?? '' } }),
      },
    )
    return mail
  }

  /** The message as the other server got it, without what both have put in front: `envelope`. */
  async received(): Promise<{ readonly envelope: string; readonly message: string }> {
    const whole = await this.#peers.postfix.mails.first(this.#id)
    const start = whole.indexOf(firstField)
    return { envelope: whole.slice(0, start), message: whole.slice(start) }
  }

  /** Once the queue is empty: the reports of Gatepost on it. */
  async reports(): Promise<ReadReport[]> {
    await this.#peers.settled()
    await using flow = await connectImap(this.#peers.gatepost.port('imaps'))
    const found = (await messagesIn(flow, 'INBOX')).filter((text) => text.includes(this.#id))
    return found.map(readReport)
  }

  /** Of the one report, on one recipient. */
  async reported(): Promise<Fields | undefined> {
    const [report, ...more] = await this.reports()
    if (more.length > 0 || report?.recipients.length !== 1)
      throw new Error('not one report on one recipient')
    return report.recipients[0]
  }
}
