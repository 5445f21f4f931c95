import { ServerResponse, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

import { WebSocketServer, type WebSocket } from 'ws'

import { problemResponse } from './refusal.ts'

/** Where WebSockets of a kind are opened. */
export interface WebSocketEndpoint {
  readonly path: string
  /** The sub-protocol that is spoken (RFC 6455 section 1.9). */
  readonly protocol: string
  readonly maxMessageBytes: number
}

interface Pending {
  readonly socket: Duplex
  readonly head: Buffer
}

/** Frames of one message, and pieces of one frame: each costs memory of its own, however short it is. */
const maxFrames = 16_384
const maxPieces = 65_536

/**
 * Requests for a WebSocket (RFC 6455 section 4.2). They go through the routes like any other, so that the same hooks judge them and log them in;
 * what the routes refuse is answered over HTTP, and ends the connection.
 */
export class WebSocketUpgrades {
  readonly #pending = new WeakMap<IncomingMessage, Pending>()
  readonly #servers: ReadonlyMap<string, WebSocketServer>

  constructor(endpoints: readonly WebSocketEndpoint[]) {
    this.#servers = new Map(endpoints.map((endpoint) => [endpoint.path, serverOf(endpoint)]))
  }

  /** Only these leave the HTTP parser: over HTTP/1.1, and without content. */
  isWanted(request: IncomingMessage): boolean {
    const { method, httpVersion, headers } = request
    return (
      method === 'GET' &&
      httpVersion === '1.1' &&
      this.#servers.has(pathOf(request)) &&
      headers.upgrade?.toLowerCase() === 'websocket' &&
      headers['content-length'] === undefined &&
      headers['transfer-encoding'] === undefined
    )
  }

  /** Hands a request that Node has let go of to the routes. */
  route(
    request: IncomingMessage,
    { socket, head }: Pending,
    routing: (request: IncomingMessage, response: ServerResponse) => void,
  ): void {
    socket.on('error', () => socket.destroy())
    const response = new ServerResponse(request)
    response.shouldKeepAlive = false
    response.assignSocket(request.socket)
    response.once('finish', () => request.socket.destroySoon())
    this.#pending.set(request, { socket, head })
    routing(request, response)
  }

  isPending(request: IncomingMessage): boolean {
    return this.#pending.has(request)
  }

  /** Shakes hands. Undefined: the handshake was none, and has been answered. */
  accept(request: IncomingMessage, response: ServerResponse): WebSocket | undefined {
    const pending = this.#pending.get(request)
    if (pending === undefined) return undefined
    this.#pending.delete(request)
    response.detachSocket(request.socket)
    // The HTTP request is over, as its hooks see it.
    response.emit('close')
    let accepted: WebSocket | undefined
    this.#servers
      .get(pathOf(request))
      ?.handleUpgrade(request, pending.socket, pending.head, (socket) => {
        accepted = socket
      })
    return accepted
  }
}

function serverOf({ protocol, maxMessageBytes }: WebSocketEndpoint): WebSocketServer {
  const server = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    // A few bytes that inflate to many cost the server, not the client.
    perMessageDeflate: false,
    autoPong: false,
    maxPayload: maxMessageBytes,
    maxBufferedChunks: maxPieces,
    maxFragments: maxFrames,
    handleProtocols: () => protocol,
  })
  server.on('wsClientError', (_error, socket) => {
    // RFC 6455 section 4.4: one of the reasons is a version that is not spoken.
    const headers = ['Sec-WebSocket-Version: 13']
    socket.end(problemResponse(400, 'Not a WebSocket handshake', headers))
  })
  return server
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? ''
}
