import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { join } from 'node:path'

export interface ProxyRoute {
  /** Port of the server behind. */
  readonly port: number
  /** `proxy-v1`, `proxy-v2`: the client in a PROXY header; `x-forwarded-for`: in every HTTP request. */
  readonly tells: 'proxy-v1' | 'proxy-v2' | 'x-forwarded-for'
}

export interface HaproxyOptions<Name extends string> {
  /** For its configuration. */
  readonly folder: string
  /** The address that it connects from. */
  readonly address: string
  readonly routes: Readonly<Record<Name, ProxyRoute>>
}

/** HAProxy on loopback. It is handed sockets that listen already: no port is guessed, and clients wait until it is up. */
export class Haproxy<Name extends string> implements AsyncDisposable {
  readonly ports: Readonly<Record<Name, number>>
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>

  private constructor(child: ChildProcess, ports: Readonly<Record<Name, number>>) {
    this.#child = child
    this.#ended = once(child, 'close')
    this.ports = ports
  }

  static async start<Name extends string>(options: HaproxyOptions<Name>): Promise<Haproxy<Name>> {
    const routes = Object.entries<ProxyRoute>(options.routes)
    const sockets = await Promise.all(routes.map(listen))
    const ports = sockets.map((socket, index) => [routes[index]?.[0], portOf(socket)])
    const file = join(options.folder, 'haproxy.cfg')
    writeFileSync(file, configuration(options.address, routes))
    const child = spawn('haproxy', ['-db', '-q', '-f', file], {
      stdio: ['ignore', 'ignore', 'inherit', ...sockets.map(descriptorOf)],
    })
    await once(child, 'spawn')
    for (const socket of sockets) socket.close()
    return new Haproxy(child, Object.fromEntries(ports) as Record<Name, number>)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGTERM')
    await this.#ended
  }
}

const firstSocket = 3

async function listen(): Promise<Server> {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port
}

/** Node has no public name for it. */
function descriptorOf(server: Server): number {
  return (Reflect.get(server, '_handle') as { readonly fd: number }).fd
}

function configuration(address: string, routes: readonly [string, ProxyRoute][]): string {
  const sections = routes.map(([name, { port, tells }], index) => {
    const isHttp = tells === 'x-forwarded-for'
    const header = {
      'proxy-v1': ' send-proxy',
      'proxy-v2': ' send-proxy-v2',
      'x-forwarded-for': '',
    }
    return [
      `listen ${name}`,
      `  bind fd@${firstSocket + index}`,
      `  mode ${isHttp ? 'http' : 'tcp'}`,
      // As one that has taken TLS off: a password over plain HTTP is refused otherwise.
      ...(isHttp
        ? ['  option forwardfor', '  http-request set-header X-Forwarded-Proto https']
        : []),
      `  server gatepost 127.0.0.1:${port} source ${address}${header[tells]}`,
    ].join('\n')
  })
  const timeouts = ['connect', 'client', 'server'].map((name) => `  timeout ${name} 60s`)
  return `${['defaults', ...timeouts, ...sections].join('\n')}\n`
}
