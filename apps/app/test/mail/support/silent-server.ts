import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'

/** Takes connections and never says a word. */
export interface SilentServer extends Disposable {
  readonly port: number
  /** Resolves with the first connection. */
  readonly reached: Promise<unknown>
}

export async function listenSilently(): Promise<SilentServer> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)))
  const reached = once(server, 'connection')
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    reached,
    [Symbol.dispose]: () => {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}
