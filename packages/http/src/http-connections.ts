import type { EndReason, GateConnection } from '@gatepost/gate'

interface Open {
  requests: number
  isEnding: boolean
  readonly streams: Set<() => void>
  /** Of a connection that speaks HTTP no longer. */
  endUpgraded?: (reason: EndReason) => void
}

/** The open connections, and how each of them ends when the gate says so. */
export class HttpConnections {
  readonly #open = new WeakMap<GateConnection, Open>()

  add(connection: GateConnection): void {
    const open: Open = { requests: 0, isEnding: false, streams: new Set() }
    this.#open.set(connection, open)
    connection.onEnd((reason) => end(connection, open, reason))
  }

  /** Answers what to call when the request is over. */
  startRequest(connection: GateConnection): () => void {
    const open = this.#open.get(connection)
    if (open === undefined) return () => undefined
    open.requests += 1
    return () => {
      open.requests -= 1
      if (open.isEnding && open.requests === 0) connection.socket.destroySoon()
    }
  }

  /** A stream that never ends by itself: it is told to when the connection ends. Answers what to call when it is over. */
  addStream(connection: GateConnection, close: () => void): () => void {
    const open = this.#open.get(connection)
    open?.streams.add(close)
    return () => open?.streams.delete(close)
  }

  /** Nothing but the request that asks may use it. */
  isIdle(connection: GateConnection): boolean {
    return this.#open.get(connection)?.requests === 0
  }

  /** The connection is a WebSocket from now on, which knows how to end. */
  upgrade(connection: GateConnection, endUpgraded: (reason: EndReason) => void): void {
    const open = this.#open.get(connection)
    if (open !== undefined) open.endUpgraded = endUpgraded
  }

  isEnding(connection: GateConnection): boolean {
    return this.#open.get(connection)?.isEnding ?? true
  }
}

function end(connection: GateConnection, open: Open, reason: EndReason): void {
  open.isEnding = true
  if (open.endUpgraded !== undefined) {
    open.endUpgraded(reason)
    return
  }
  for (const close of open.streams) close()
  // A request that writes finishes what it began; a banned client does not hear of it.
  if (reason.kind === 'decision') connection.socket.destroy()
  else if (open.requests === 0) connection.socket.destroySoon()
}
