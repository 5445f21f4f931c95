import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export interface ScriptedMailbox {
  /** Attributes in LIST: `\All`. */
  readonly attributes: string
  /** As after `FETCH (` without UID and content, and the content. UIDs are 1, 2, 3 ... */
  readonly messages: readonly (readonly [items: string, content: string])[]
}

/** What a server does instead of answering; false: it answers as usual. */
export type Misbehaviour = (
  command: string,
  connection: { readonly socket: Socket; readonly tag: string; readonly rest: string },
) => boolean

/** An IMAP server as other makers have them: capabilities and mailboxes of the test's choice. It answers what ImapFlow asks an import for. */
export class ScriptedImapServer implements AsyncDisposable {
  readonly port: number
  readonly #server: Server
  readonly #sockets: Set<Socket>
  /** Every line that it was sent. */
  readonly lines: readonly string[]

  private constructor(server: Server, sockets: Set<Socket>, lines: readonly string[]) {
    this.lines = lines
    this.port = (server.address() as AddressInfo).port
    this.#server = server
    this.#sockets = sockets
  }

  static async start(
    capabilities: string,
    mailboxes: Readonly<Record<string, ScriptedMailbox>>,
    {
      greeting = 'OK',
      misbehave = () => false,
    }: { readonly greeting?: string; readonly misbehave?: Misbehaviour } = {},
  ): Promise<ScriptedImapServer> {
    const lines: string[] = []
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.write(`* ${greeting} [CAPABILITY IMAP4rev1 ${capabilities}] ready\r\n`)
      let selected: ScriptedMailbox | undefined
      const reader = createInterface({ input: socket })
      // It emits those of the socket again.
      reader.on('error', () => undefined)
      reader.on('line', (line) => {
        lines.push(line)
        const [, tag = '*', command = '', rest = ''] =
          /^(\S+) (UID \S+|\S+) ?(.*)$/.exec(line) ?? []
        const name = /^"?([^"(]+?)"?(?: \(|$)/.exec(rest)?.[1] ?? ''
        if (command === 'EXAMINE') selected = mailboxes[name]
        if (misbehave(command, { socket, tag, rest })) return
        const answers = answersTo(command, { rest, mailboxes, mailbox: selected, name })
        socket.write(`${answers.map((answer) => `* ${answer}\r\n`).join('')}${tag} OK done\r\n`)
        if (command === 'LOGOUT') socket.end()
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new ScriptedImapServer(server, sockets, lines)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }
}

interface Asked {
  readonly rest: string
  readonly name: string
  readonly mailboxes: Readonly<Record<string, ScriptedMailbox>>
  readonly mailbox: ScriptedMailbox | undefined
}

function answersTo(command: string, { rest, name, mailboxes, mailbox }: Asked): string[] {
  const messages = mailbox?.messages ?? []
  switch (command) {
    case 'LIST':
      return rest.endsWith('""')
        ? ['LIST (\\Noselect) "/" ""']
        : Object.entries(mailboxes).map(
            ([path, { attributes }]) => `LIST (${attributes}) "/" "${path}"`,
          )
    case 'LSUB':
      return Object.keys(mailboxes).map((path) => `LSUB () "/" "${path}"`)
    case 'STATUS':
      return [`STATUS "${name}" (MESSAGES ${mailboxes[name]?.messages.length ?? 0})`]
    case 'EXAMINE':
      return ['FLAGS ()', `${messages.length} EXISTS`, 'OK [UIDVALIDITY 7] .', 'OK [UIDNEXT 99] .']
    case 'UID SEARCH':
      return [`SEARCH ${messages.map((_, at) => at + 1).join(' ')}`]
    case 'UID FETCH':
      return messages.map(([items, content], at) => {
        const body = rest.includes('BODY')
          ? ` BODY[] {${Buffer.byteLength(content)}}\r\n${content}`
          : ''
        return `${at + 1} FETCH (UID ${at + 1} ${items}${body})`
      })
    default:
      return []
  }
}
