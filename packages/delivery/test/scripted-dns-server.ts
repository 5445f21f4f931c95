import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'

import { parseIp } from '@gatepost/core'

/** Records of one name; no record of a type that is asked for: an empty answer. */
export interface DnsName {
  readonly mx?: readonly (readonly [preference: number, exchange: string])[]
  readonly a?: string
  readonly aaaa?: string
  /** RFC 1035 section 4.1.1: an error instead of records. */
  readonly rcode?: number
}

const types = { a: 1, mx: 15, aaaa: 28 } as const
export const serverFailure = 2
const noSuchName = 3

/** A name server (RFC 1035) on loopback that knows what the test tells it; other names do not exist. */
export class ScriptedDnsServer implements AsyncDisposable {
  readonly #names: Readonly<Record<string, DnsName>>
  readonly #socket: Socket

  private constructor(names: Readonly<Record<string, DnsName>>) {
    this.#names = names
    this.#socket = createSocket('udp4', (query, from) =>
      this.#socket.send(this.#answer(query), from.port, from.address),
    )
  }

  static async listen(names: Readonly<Record<string, DnsName>>): Promise<ScriptedDnsServer> {
    const server = new ScriptedDnsServer(names)
    server.#socket.bind(0, '127.0.0.1')
    await once(server.#socket, 'listening')
    return server
  }

  /** As Resolver.setServers takes it. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close()
    await once(this.#socket, 'close')
  }

  #answer(query: Buffer): Buffer {
    const { name, type, end } = questionOf(query)
    const known = this.#names[name]
    const records = known === undefined ? [] : recordsOf(known, type)
    const header = Buffer.alloc(12)
    query.copy(header, 0, 0, 2)
    header.writeUInt16BE(0x8180 | (known === undefined ? noSuchName : (known.rcode ?? 0)), 2)
    header.writeUInt16BE(1, 4)
    header.writeUInt16BE(records.length, 6)
    return Buffer.concat([header, query.subarray(12, end), ...records])
  }
}

function questionOf(query: Buffer): {
  readonly name: string
  readonly type: number
  readonly end: number
} {
  const labels: string[] = []
  let at = 12
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.'), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function recordsOf({ mx = [], a, aaaa }: DnsName, type: number): Buffer[] {
  const groups = aaaa === undefined ? undefined : parseIp(aaaa)?.groups
  if (type === types.aaaa && groups !== undefined)
    return [record(type, Buffer.from(groups.flatMap((group) => [group >> 8, group & 255])))]
  if (type === types.a && a !== undefined)
    return [record(type, Buffer.from(a.split('.').map(Number)))]
  if (type !== types.mx) return []
  return mx.map(([preference, exchange]) => {
    const labels = exchange.split('.').filter((label) => label !== '')
    const name = labels.flatMap((label) => [label.length, ...Buffer.from(label)])
    return record(type, Buffer.from([preference >> 8, preference & 255, ...name, 0]))
  })
}

/** Named by a pointer to the question (section 4.1.4), class IN. */
function record(type: number, data: Buffer): Buffer {
  const head = Buffer.from([
    0xc0,
    12,
    0,
    type,
    0,
    1,
    0,
    0,
    0,
    60,
    data.length >> 8,
    data.length & 255,
  ])
  return Buffer.concat([head, data])
}
