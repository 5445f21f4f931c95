import type { Socket } from 'node:net'

import type { MetricCounter, Metrics } from '@gatepost/telemetry'

import type { Door, RefusalReason } from './gate-connection.ts'
import type { LiveConnection } from './live-connection.ts'
import { refuse } from './refuse.ts'
import { Tarpit } from './remedy/tarpit.ts'

export interface DoorkeeperOptions {
  readonly metrics: Metrics
  readonly tarpitMs: number
  readonly maxTarpitted: number
  readonly slowMs: number
}

export interface GuardedListener {
  readonly name: string
  readonly isImplicitTls: boolean
  readonly door: Door
}

/** Turns away those who may not come in, each in the way that is meant for him. */
export class Doorkeeper {
  readonly #options: DoorkeeperOptions
  readonly #tarpit: Tarpit
  readonly #refused: MetricCounter<'listener' | 'reason'>

  constructor(options: DoorkeeperOptions) {
    this.#options = options
    this.#tarpit = new Tarpit({ holdMs: options.tarpitMs, maxHeld: options.maxTarpitted })
    this.#refused = options.metrics.counter(
      'gatepost_refused_total',
      'Connections refused at the gate',
      ['listener', 'reason'],
    )
    options.metrics.gauge(
      'gatepost_tarpitted',
      'Clients held in the tarpit',
      () => this.#tarpit.size,
    )
  }

  /** Carries out what the judgement asks before anything is served. False: the client may come in. */
  turnsAway(socket: Socket, listener: GuardedListener, connection: LiveConnection): boolean {
    const { judgement, mayReturn } = connection
    switch (judgement.kind) {
      case 'unavailable':
        this.turnAway(socket, listener, judgement)
        return true
      case 'drop':
        connection.refused(judgement.decision, 'refused')
        this.#refused.add({ listener: listener.name, reason: 'ban' })
        socket.destroy()
        return true
      case 'tarpit': {
        const refuseNow = (): void =>
          this.turnAway(socket, listener, { kind: 'ban', decision: judgement.decision, mayReturn })
        const isHeld = this.#tarpit.hold(socket, refuseNow)
        connection.refused(judgement.decision, isHeld ? 'tarpitted' : 'refused')
        if (!isHeld) refuseNow()
        return true
      }
      case 'slow':
        connection.refused(judgement.decision, 'throttled')
        return false
      case 'refuse_at_hello':
        if (listener.door.traits.hasHello) return false
        connection.refused(judgement.decision, 'refused')
        this.turnAway(socket, listener, { kind: 'ban', decision: judgement.decision, mayReturn })
        return true
      case 'refuse':
        connection.refused(judgement.decision, 'refused')
        this.turnAway(socket, listener, { kind: 'ban', decision: judgement.decision, mayReturn })
        return true
      case 'serve':
      case 'challenge':
      case 'hold':
        return false
    }
  }

  /** The wait of a client under `slow`; false when its socket broke meanwhile. Nothing is read: what it sends is the door's. */
  async isPatient(socket: Socket): Promise<boolean> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#options.slowMs)
      socket.once('close', () => {
        clearTimeout(timer)
        resolve()
      })
    })
    return !socket.destroyed
  }

  turnAway(socket: Socket, listener: GuardedListener, reason: RefusalReason): void {
    this.#refused.add({ listener: listener.name, reason: reason.kind })
    // Words inside TLS would cost us a handshake for everyone we refuse.
    if (listener.isImplicitTls) socket.destroy()
    else refuse(socket, listener.door.refusal(reason))
  }

  /** For a client that gets no words. */
  count(listener: string, reason: string): void {
    this.#refused.add({ listener, reason })
  }

  /** The server goes: nobody is held any longer. */
  release(): void {
    this.#tarpit.release()
  }
}
