import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import type { SecureContext } from 'node:tls'

import { type AccountId, parseNetwork } from '@gatepost/core'
import { PrometheusMetrics, silentLogger } from '@gatepost/telemetry'
import { accessTo, CollectingSecurityLog, SwitchFilter } from '@gatepost/testkit'

import {
  Gate,
  makeSelfSignedCertificate,
  secureContextOf,
  type Door,
  type GateConnection,
  type BoundLogin,
  type DoorTraits,
  type GateOptions,
  type ListenOptions,
  type RefusalReason,
} from '../src/index.ts'

/** Of somebody who has logged in. */
export function loginOf(id: AccountId, address = 'me@example.test', stamp = 'stamp'): BoundLogin {
  return { access: accessTo({ id, address }), stamp }
}

/** Greets with the client's address, echoes, says BYE. */
export class EchoDoor implements Door {
  readonly protocol: string
  readonly traits: DoorTraits
  readonly accepted: GateConnection[] = []
  constructor(protocol: 'smtp' | 'imap' | 'jmap' = 'smtp') {
    const isHttp = protocol === 'jmap'
    this.protocol = protocol
    this.traits = {
      isJudgedByRequest: isHttp,
      hasHello: protocol === 'smtp',
      speaksHttp: isHttp,
      idleKind: isHttp ? 'request' : protocol === 'smtp' ? 'command' : 'login',
    }
  }
  accept(connection: GateConnection): void {
    this.accepted.push(connection)
    const { socket, remote, remotePort, isSecure } = connection
    connection.onEnd((reason) => socket.end(`BYE ${reason.kind}\n`))
    socket.write(`HELLO ${remote.text} ${remotePort > 0} ${isSecure}\n`)
    socket.on('data', (data) => socket.write(data))
    socket.on('end', () => socket.end())
  }
  refusal(reason: RefusalReason): string {
    return `NO ${reason.kind}\n`
  }
}

let certificate: Promise<SecureContext> | undefined

/** A gate with clients from any loopback address; 127.0.0.9 is a trusted proxy. */
export class GateFixture implements AsyncDisposable {
  readonly filter: SwitchFilter = new SwitchFilter()
  readonly security: CollectingSecurityLog = new CollectingSecurityLog()
  readonly gate: Gate
  readonly #clients: Socket[] = []

  private constructor(secureContext: SecureContext, options: Partial<GateOptions>) {
    this.gate = new Gate({
      filter: this.filter,
      security: this.security,
      logger: silentLogger,
      metrics: new PrometheusMetrics(),
      secureContext: () => secureContext,
      trustedProxies: [parseNetwork('127.0.0.9')].flatMap((network) => network ?? []),
      ...options,
    })
  }

  static async open(options: Partial<GateOptions> = {}): Promise<GateFixture> {
    certificate ??= makeSelfSignedCertificate(['localhost', '127.0.0.1'], Date.now()).then(
      secureContextOf,
    )
    return new GateFixture(await certificate, options)
  }

  async listen(more: Partial<ListenOptions> = {}): Promise<{ port: number; door: EchoDoor }> {
    const door = new EchoDoor()
    const { port } = await this.gate.listen({
      name: 'test',
      host: '127.0.0.1',
      port: 0,
      isImplicitTls: false,
      isProxied: false,
      door,
      ...more,
    })
    return { port, door }
  }

  dial(port: number, localAddress = '127.0.0.1'): Socket {
    const socket = connect({ port, host: '127.0.0.1', localAddress })
    socket.on('error', () => undefined)
    this.keep(socket)
    return socket
  }

  /** It goes with the fixture. */
  keep(client: Socket): void {
    this.#clients.push(client)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy()
    await this.gate[Symbol.asyncDispose]()
  }
}

export async function line(socket: Socket): Promise<string> {
  let text = ''
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    text += String(chunk)
    if (text.endsWith('\n')) return text.trim()
  }
  return `${text}(closed)`
}

export async function closed(socket: Socket): Promise<void> {
  socket.resume()
  if (!socket.closed) await once(socket, 'close')
}
