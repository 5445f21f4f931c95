/** What is used of jmap-jam: its own types are source text that our compiler settings refuse. */
interface Answer {
  readonly ids: readonly string[]
  readonly list: readonly {
    readonly id: string
    readonly role?: string | null
    readonly subject?: string | null
    readonly attachments?: readonly { readonly blobId: string }[]
  }[]
  readonly parsed: Readonly<Record<string, { readonly subject: string }>> | null
  readonly updated: Readonly<Record<string, unknown>> | null
}
interface Draft {
  $ref(path: string): object
}
type Methods<Result> = Readonly<
  Record<
    'Mailbox' | 'Email' | 'Identity' | 'EmailSubmission',
    Readonly<Record<'get' | 'set' | 'query' | 'parse', (args: object) => Result>>
  >
>
export declare class JamClient {
  constructor(options: { readonly sessionUrl: string; readonly bearerToken: string })
  static loadSession(url: string, authHeader: string): Promise<object>
  authHeader: string
  session: Promise<object>
  readonly api: Methods<Promise<[Answer, object]>>
  getPrimaryAccount(): Promise<string>
  requestMany<Name extends string>(
    drafts: (t: Methods<Draft>) => Readonly<Record<Name, Draft>>,
  ): Promise<[Readonly<Record<Name, Answer>>, object]>
}
