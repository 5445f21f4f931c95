import { createServer, type Server, type Socket } from 'node:net'

import type { Logger } from '@gatepost/telemetry'

export interface OpenServerOptions {
  readonly name: string
  readonly host: string
  /** 0: chosen by the system. */
  readonly port: number
  readonly logger: Logger
  /** Gets each client paused: nothing is lost before somebody listens. */
  readonly accept: (socket: Socket) => Promise<void>
}

/** @throws Error when the address cannot be had (EADDRINUSE, EACCES) */
export async function openServer({
  name,
  host,
  port,
  logger,
  accept,
}: OpenServerOptions): Promise<Server> {
  const server = createServer({
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 60_000,
    pauseOnConnect: true,
  })
  server.on('connection', (socket) => {
    socket.on('error', () => undefined)
    void accept(socket).catch((error: unknown) => {
      logger.error({ err: error, listener: name }, 'accepting a connection failed')
      socket.destroy()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, backlog: 1024 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  // Later errors (out of file descriptors) concern one accept; the server goes on.
  server.on('error', (error) => logger.error({ err: error, listener: name }, 'listener error'))
  return server
}
