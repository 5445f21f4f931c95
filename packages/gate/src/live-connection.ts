import type { Socket } from 'node:net'
import { TLSSocket, type SecureContext } from 'node:tls'

import type { IpAddress, PrincipalId } from '@gatepost/core'
import type { Decision, FilterAction, KnownFor, SecurityContext } from '@gatepost/security-crowdsec'

import type { BoundLogin, EndReason, GateConnection } from './gate-connection.ts'
import { acknowledgeNow } from './quick-ack.ts'
import type { Judgement } from './remedy/judge.ts'
import type { Holder } from './shares/stress-relief.ts'
import { HandshakeTimeout, TooManyHandshakes } from './tls/report-handshake.ts'

export interface LiveConnectionOptions {
  readonly id: string
  readonly listener: string
  readonly protocol: string
  readonly speaksHttp: boolean
  readonly socket: Socket
  readonly remote: IpAddress
  readonly remotePort: number
  readonly isNamedByProxy: boolean
  /** It is a trusted proxy's own: whoever speaks over it is for the door to tell. */
  readonly isProxy: boolean
  readonly secureContext: () => SecureContext
  readonly handshakeMs: number
  readonly judgement: Judgement
  readonly mayReturn: boolean
  /** What speaks for its address, by now. */
  readonly known: () => KnownFor | undefined
  /** It is somebody's from now on. Undefined: of a principal with too many already; otherwise how it stops being one of his. */
  readonly onBound: (login: BoundLogin) => (() => void) | undefined
  /** A handshake begins. True: it is one too many. */
  readonly onHandshake: () => boolean
  /** It has been silent for too long while places are scarce. */
  readonly onIdle: () => void
  /** What holds now that it is somebody's. */
  readonly judgeAgain: (user: string) => Judgement
  readonly onRefused: (decision: Decision, action: FilterAction) => void
}

/** How long a session may take for its good-bye. */
const farewellMs = 1000
const idleFarewellMs = 30_000

export class LiveConnection implements GateConnection, Holder {
  readonly id: string
  readonly listener: string
  readonly protocol: string
  readonly speaksHttp: boolean
  readonly remote: IpAddress
  readonly remotePort: number
  readonly isNamedByProxy: boolean
  readonly isProxy: boolean
  readonly mayReturn: boolean
  readonly #options: LiveConnectionOptions
  #socket: Socket
  #farewell: ((reason: EndReason) => void) | undefined
  #isEnding = false
  #isClosed = false
  #leavePrincipal: () => void = () => undefined
  /** Of the decisions that the client has been refused for. */
  readonly #told = new Set<number>()
  principal: PrincipalId | undefined
  user: string | undefined
  judgement: Judgement
  hasTalkedEarly = false

  constructor(options: LiveConnectionOptions) {
    this.#options = options
    this.id = options.id
    this.listener = options.listener
    this.protocol = options.protocol
    this.speaksHttp = options.speaksHttp
    this.remote = options.remote
    this.remotePort = options.remotePort
    this.isNamedByProxy = options.isNamedByProxy
    this.isProxy = options.isProxy
    this.mayReturn = options.mayReturn
    this.judgement = options.judgement
    this.#socket = options.socket
    options.socket.once('close', () => {
      this.#isClosed = true
      this.#leavePrincipal()
    })
  }

  get socket(): Socket {
    return this.#socket
  }
  get isEnding(): boolean {
    return this.#isEnding
  }
  get isSecure(): boolean {
    return this.#socket instanceof TLSSocket
  }
  get securityContext(): SecurityContext {
    return {
      protocol: this.protocol,
      listener: this.listener,
      ip: this.remote.text,
      port: this.remotePort,
      session: this.id,
      isTls: this.isSecure,
      known: this.#options.known(),
    }
  }

  get isUnproven(): boolean {
    return this.principal === undefined && !this.isProxy && !this.#isEnding
  }
  get bytesRead(): number {
    return this.#options.socket.bytesRead
  }

  endIdle(): void {
    this.#options.onIdle()
    this.end({ kind: 'idle' })
  }

  async startTls(): Promise<TLSSocket> {
    if (this.#options.onHandshake()) {
      this.destroy()
      throw new TooManyHandshakes('too many handshakes of one source')
    }
    const secured = new TLSSocket(this.#socket, {
      isServer: true,
      secureContext: this.#options.secureContext(),
    })
    try {
      await handshake(secured, this.#options.handshakeMs)
    } catch (error) {
      secured.destroy()
      this.#options.socket.destroy()
      throw error
    }
    this.#socket = secured
    return secured
  }

  acknowledge(): void {
    acknowledgeNow(this.#options.socket)
  }

  bindLogin(login: BoundLogin): void {
    const { id, name } = login.access.principal
    if (this.principal !== id) this.#belongTo(login)
    this.user = name
    this.judgement = this.#options.judgeAgain(name)
  }

  #belongTo(login: BoundLogin): void {
    this.#leavePrincipal()
    this.principal = login.access.principal.id
    const leave = this.#options.onBound(login)
    if (leave === undefined) this.end({ kind: 'crowd' })
    else if (this.#isClosed) leave()
    else this.#leavePrincipal = leave
  }

  refused(decision: Decision, action: FilterAction): void {
    if (this.#told.has(decision.id)) return
    this.#told.add(decision.id)
    this.#options.onRefused(decision, action)
  }

  onEnd(farewell: (reason: EndReason) => void): void {
    this.#farewell = farewell
  }

  /** Asks the session to go; a session that does not know how is destroyed, one that dawdles too (but for a shutdown, which has its own deadline). */
  end(reason: EndReason): void {
    if (this.#isEnding) return
    this.#isEnding = true
    if (this.#farewell === undefined) {
      this.destroy()
      return
    }
    if (reason.kind !== 'shutdown') {
      // Who is only idle may have something of ours to wait for, such as the answer to a message.
      const patienceMs = reason.kind === 'decision' ? farewellMs : idleFarewellMs
      const timer = setTimeout(() => this.destroy(), patienceMs)
      this.#options.socket.once('close', () => clearTimeout(timer))
    }
    this.#farewell(reason)
  }

  destroy(): void {
    this.#socket.destroy()
    this.#options.socket.destroy()
  }
}

function handshake(socket: TLSSocket, deadlineMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => finish(new HandshakeTimeout('TLS handshake took too long')),
      deadlineMs,
    )
    function finish(error?: Error): void {
      clearTimeout(timer)
      socket.off('secure', onSecure).off('error', finish).off('close', onClose)
      // A late error of a socket that is being destroyed has nobody left to tell.
      if (error !== undefined) socket.on('error', () => undefined)
      if (error === undefined) resolve()
      else reject(error)
    }
    function onSecure(): void {
      finish()
    }
    function onClose(): void {
      finish(new Error('closed during the TLS handshake'))
    }
    socket.on('secure', onSecure).on('error', finish).on('close', onClose)
  })
}
