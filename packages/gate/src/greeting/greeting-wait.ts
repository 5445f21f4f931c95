import type { Socket } from 'node:net'

import { isInAny, type Clock, type IpAddress, type IpNetwork } from '@gatepost/core'
import type { MetricCounter, Metrics } from '@gatepost/telemetry'

import { SilentClients } from './silent-clients.ts'

export interface GreetingWaitOptions {
  readonly clock: Clock
  readonly metrics: Metrics
  /** Networks that never wait. */
  readonly exempt: readonly IpNetwork[]
  /** With so many waiting the next ones are greeted at once. */
  readonly maxWaiting: number
}
export interface WaitingClient {
  readonly socket: Socket
  readonly address: IpAddress
  readonly listener: string
}
/** `left`: its socket broke, or was ended by us. */
export type GreetingOutcome = 'silent' | 'talked' | 'left'

/**
 * RFC 5321 section 3.1: a client waits for the greeting. Whoever is not known yet gets it late: a program that only sends does not wait for it.
 * What an early talker has sent stays in its socket.
 */
export class GreetingWait {
  readonly #options: GreetingWaitOptions
  readonly #silent: SilentClients
  readonly #waits: MetricCounter<'listener' | 'outcome'>
  #waiting = 0

  constructor(options: GreetingWaitOptions) {
    this.#options = options
    this.#silent = new SilentClients(options.clock)
    this.#waits = options.metrics.counter(
      'gatepost_greeting_waits_total',
      'Clients that were made to wait for the greeting, and what they did meanwhile',
      ['listener', 'outcome'],
    )
    options.metrics.gauge(
      'gatepost_greeting_waiting',
      'Clients that wait for the greeting',
      () => this.#waiting,
    )
  }

  isDue(address: IpAddress): boolean {
    return (
      this.#waiting < this.#options.maxWaiting &&
      !this.#silent.has(address) &&
      !isInAny(address, this.#options.exempt)
    )
  }

  /** Takes a socket that nobody reads yet. */
  async of({ socket, address, listener }: WaitingClient, waitMs: number): Promise<GreetingOutcome> {
    this.#waiting += 1
    const outcome = await silence(socket, waitMs)
    this.#waiting -= 1
    if (outcome === 'silent') this.#silent.add(address)
    this.#waits.add({ listener, outcome })
    return outcome
  }
}

function silence(socket: Socket, waitMs: number): Promise<GreetingOutcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => finish('silent'), waitMs)
    function onReadable(): void {
      if (socket.readableLength > 0) finish('talked')
      // Its end: read, or nobody would notice that it has gone.
      else socket.read()
    }
    function onClose(): void {
      finish('left')
    }
    function finish(outcome: GreetingOutcome): void {
      clearTimeout(timer)
      socket.off('readable', onReadable).off('close', onClose)
      resolve(socket.destroyed ? 'left' : outcome)
    }
    socket.on('readable', onReadable).on('close', onClose)
    // What came along with a proxy's header: there will be no event for it.
    if (socket.readableLength > 0) finish('talked')
  })
}
