import { listeners } from '../config/listeners.ts'
import { Dialogue } from './dialogue.ts'

export interface Credentials {
  readonly user: string
  readonly password: string
}

/** Where the server listens, and how to know it. */
export interface Destination {
  port(listener: string): number
  readonly certificate: string
}

const withTls = new Set(listeners.filter((one) => one.isImplicitTls).map(({ name }) => name))

/** A client with an address of its own. */
export class Visitor {
  readonly address: string
  readonly #destination: Destination

  constructor(address: string, destination: Destination) {
    this.address = address
    this.#destination = destination
  }

  open(listener: string): Dialogue {
    return new Dialogue({
      port: this.#destination.port(listener),
      localAddress: this.address,
      certificate: withTls.has(listener) ? this.#destination.certificate : undefined,
    })
  }
}
