import type { AttackStage } from './attack-stage.ts'
import type { HttpAnswer } from './http-clients.ts'

const using = [
  'urn:ietf:params:jmap:core',
  'urn:ietf:params:jmap:mail',
  'urn:ietf:params:jmap:submission',
]

export type MethodResponse = readonly [
  name: string,
  args: Readonly<Record<string, unknown>>,
  id: string,
]

/** Somebody who speaks JMAP. */
export class JmapUser {
  readonly user: string
  readonly accountId: string
  readonly #stage: AttackStage
  readonly #from: string

  private constructor(stage: AttackStage, who: { user: string; from: string; accountId: string }) {
    this.#stage = stage
    this.user = who.user
    this.#from = who.from
    this.accountId = who.accountId
  }

  static async open(stage: AttackStage, from: string, user: string): Promise<JmapUser> {
    const { status, text } = await stage.http({ path: '/jmap/session', from, user })
    if (status !== 200) throw new Error(`${status} ${text}`)
    const { primaryAccounts } = JSON.parse(text) as {
      readonly primaryAccounts: Readonly<Record<string, string>>
    }
    const accountId = primaryAccounts['urn:ietf:params:jmap:mail'] ?? ''
    return new JmapUser(stage, { user, from, accountId })
  }

  /** A request as it is written. */
  post(body: string, signal?: AbortSignal): Promise<HttpAnswer> {
    return this.#stage.http({
      method: 'POST',
      path: '/jmap/api',
      headers: { 'content-type': 'application/json' },
      body,
      from: this.#from,
      user: this.user,
      ...(signal === undefined ? {} : { signal }),
    })
  }

  /** `accountId` is filled in. */
  body(...calls: readonly (readonly [name: string, args: object])[]): string {
    const methodCalls = calls.map(([name, args], at) => [
      name,
      { accountId: this.accountId, ...args },
      `c${at}`,
    ])
    return JSON.stringify({ using, methodCalls })
  }

  async call(name: string, args: object): Promise<MethodResponse> {
    const { status, text } = await this.post(this.body([name, args]))
    if (status !== 200) throw new Error(`${status} ${text}`)
    const [response] = responsesIn(text)
    if (response === undefined) throw new Error(text)
    return response
  }

  async upload(content: string | Uint8Array, type: string = 'message/rfc822'): Promise<HttpAnswer> {
    return this.#stage.http({
      method: 'POST',
      path: `/jmap/upload/${this.accountId}/`,
      headers: { 'content-type': type },
      body: content,
      from: this.#from,
      user: this.user,
    })
  }

  async inbox(): Promise<string> {
    const [, { list }] = await this.call('Mailbox/get', { ids: null })
    const boxes = list as readonly { readonly id: string; readonly role: string | null }[]
    return boxes.find(({ role }) => role === 'inbox')?.id ?? ''
  }

  /** Puts messages into the inbox; answers their ids. */
  async add(messages: readonly (string | Uint8Array)[]): Promise<string[]> {
    const inbox = await this.inbox()
    const ids: string[] = []
    for (const message of messages) {
      const { status, text } = await this.upload(message)
      if (status !== 201) throw new Error(`${status} ${text}`)
      const { blobId } = JSON.parse(text) as { readonly blobId: string }
      const emails = { e: { blobId, mailboxIds: { [inbox]: true } } }
      const [, args] = await this.call('Email/import', { emails })
      const created = args['created'] as Readonly<Record<string, { readonly id: string }>> | null
      if (created?.['e'] === undefined) throw new Error(JSON.stringify(args))
      ids.push(created['e'].id)
    }
    return ids
  }
}

export function responsesIn(text: string): readonly MethodResponse[] {
  return (JSON.parse(text) as { readonly methodResponses: readonly MethodResponse[] })
    .methodResponses
}
