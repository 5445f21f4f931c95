import type { ListenerName } from '../config/schema.ts'
import { Dialogue } from './dialogue.ts'

export interface Credentials {
  readonly user: string
  readonly password: string
}

/** Where the server listens, and how to know it. */
export interface Destination {
  port(listener: ListenerName): number
  readonly certificate: string
}

const withTls = new Set<ListenerName>(['submissions', 'imaps', 'https'])

/** A client with an address of its own. */
export class Visitor {
  readonly address: string
  readonly #destination: Destination

  constructor(address: string, destination: Destination) {
    this.address = address
    this.#destination = destination
  }

  open(listener: ListenerName): Dialogue {
    return new Dialogue({
      port: this.#destination.port(listener),
      localAddress: this.address,
      certificate: withTls.has(listener) ? this.#destination.certificate : undefined,
    })
  }
}
