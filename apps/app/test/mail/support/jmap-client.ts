import { request } from 'undici'

import { password as usualPassword } from '../../support/test-server.ts'
import { PushStream } from './push-stream.ts'

export interface JmapSession {
  readonly username: string
  readonly apiUrl: string
  readonly downloadUrl: string
  readonly uploadUrl: string
  readonly eventSourceUrl: string
  readonly primaryAccounts: Readonly<Record<string, string>>
  readonly capabilities: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}

/** An object of an answer, with what tests reach for. */
export interface JmapObject {
  readonly id: string
  readonly blobId: string
  readonly name: string
  readonly role: string | null
  readonly [property: string]: unknown
}

/** The standard arguments of all answers; which are there depends on the method. */
export interface JmapArguments {
  readonly state: string
  readonly newState: string
  readonly list: readonly JmapObject[]
  readonly ids: readonly string[]
  readonly created: Readonly<Record<string, JmapObject>> | readonly string[] | null
  readonly [property: string]: unknown
}
export type JmapResponse = readonly [name: string, args: JmapArguments, callId: string]

/** A JMAP client that knows the server by its session resource only (RFC 8620 section 2). */
export class JmapClient {
  readonly session: JmapSession
  readonly accountId: string
  readonly #authorization: string

  private constructor(session: JmapSession, authorization: string) {
    this.session = session
    this.accountId = session.primaryAccounts['urn:ietf:params:jmap:mail'] ?? ''
    this.#authorization = authorization
  }

  static async open(
    port: number,
    user: string = 'me@example.test',
    password: string = usualPassword,
  ): Promise<JmapClient> {
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    const { statusCode, body } = await request(`http://127.0.0.1:${port}/.well-known/jmap`, {
      headers: { authorization },
    })
    if (statusCode !== 200) throw new Error(`${statusCode} ${await body.text()}`)
    return new JmapClient((await body.json()) as JmapSession, authorization)
  }

  /** Method calls; `accountId` is filled in. @throws Error for an answer that is an error */
  async calls(
    ...calls: readonly (readonly [name: string, args: object])[]
  ): Promise<JmapResponse[]> {
    const { statusCode, body } = await request(this.session.apiUrl, {
      method: 'POST',
      headers: { authorization: this.#authorization, 'content-type': 'application/json' },
      body: JSON.stringify({
        using: Object.keys(this.session.capabilities),
        methodCalls: calls.map(([name, args], index) => [
          name,
          { accountId: this.accountId, ...args },
          `c${index}`,
        ]),
      }),
    })
    const text = await body.text()
    const responses = (statusCode === 200 ? JSON.parse(text) : {}) as {
      methodResponses?: JmapResponse[]
    }
    const isGood = responses.methodResponses?.every(([name]) => name !== 'error')
    if (responses.methodResponses === undefined || isGood !== true)
      throw new Error(`${statusCode} ${text}`)
    return responses.methodResponses
  }

  async call(name: string, args: object = {}): Promise<JmapArguments> {
    const [response] = await this.calls([name, args])
    if (response === undefined) throw new Error(`no response to ${name}`)
    return response[1]
  }

  /** A `/set` in which everything has to succeed; answers what was created. */
  async set(name: string, args: object): Promise<Readonly<Record<string, JmapObject>>> {
    const answer = await this.call(name, args)
    for (const failure of ['notCreated', 'notUpdated', 'notDestroyed']) {
      const problems = answer[failure] ?? {}
      if (Object.keys(problems).length > 0)
        throw new Error(`${name} ${failure}: ${JSON.stringify(problems)}`)
    }
    return (answer.created ?? {}) as Readonly<Record<string, JmapObject>>
  }

  /** By role, else by name. */
  async mailbox(roleOrName: string): Promise<JmapObject> {
    const { list } = await this.call('Mailbox/get', { ids: null })
    const found =
      list.find(({ role }) => role === roleOrName) ?? list.find(({ name }) => name === roleOrName)
    if (found === undefined) throw new Error(`no mailbox ${roleOrName}`)
    return found
  }

  /** Every email of a mailbox, oldest first. */
  async emails(
    mailboxId: string,
    properties: readonly string[] = ['id', 'blobId', 'subject', 'keywords'],
  ): Promise<readonly JmapObject[]> {
    const { ids } = await this.call('Email/query', {
      filter: { inMailbox: mailboxId },
      sort: [{ property: 'receivedAt', isAscending: true }],
    })
    return (await this.call('Email/get', { ids, properties })).list
  }

  async upload(content: Uint8Array): Promise<string> {
    const { statusCode, body } = await request(this.#url(this.session.uploadUrl), {
      method: 'POST',
      headers: { authorization: this.#authorization, 'content-type': 'message/rfc822' },
      body: content,
    })
    if (statusCode !== 201) throw new Error(`${statusCode} ${await body.text()}`)
    return ((await body.json()) as { blobId: string }).blobId
  }

  async download(blobId: string): Promise<Buffer> {
    const url = this.#url(this.session.downloadUrl, {
      blobId,
      name: 'mail.eml',
      type: 'message/rfc822',
    })
    const { statusCode, body } = await request(url, {
      headers: { authorization: this.#authorization },
    })
    if (statusCode !== 200) throw new Error(`${statusCode} ${await body.text()}`)
    return Buffer.from(await body.arrayBuffer())
  }

  /** Listens: resolves when the server does. */
  push(types = '*'): Promise<PushStream> {
    const url = this.#url(this.session.eventSourceUrl, { types, closeafter: 'no', ping: '0' })
    return PushStream.open(url, { authorization: this.#authorization })
  }

  #url(template: string, values: Readonly<Record<string, string>> = {}): string {
    const all: Readonly<Record<string, string>> = { accountId: this.accountId, ...values }
    return template.replaceAll(/\{(\w+)\}/g, (_match, name: string) =>
      encodeURIComponent(all[name] ?? ''),
    )
  }
}
