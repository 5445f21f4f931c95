import type { Socket } from 'node:net'

import { parseProxyHeader, type ProxyHeader } from './proxy-header.ts'

export type ReadProxyHeader = Extract<ProxyHeader, { kind: 'client' | 'local' | 'invalid' }>

/** Takes the header off a socket that nobody reads yet; the client's bytes behind it stay in the socket. A socket that ends first is `invalid`. */
export function readProxyHeader(socket: Socket, deadlineMs: number): Promise<ReadProxyHeader> {
  return new Promise((resolve) => {
    let received = Buffer.alloc(0)
    const timer = setTimeout(
      () => finish({ kind: 'invalid', reason: 'no PROXY header in time' }),
      deadlineMs,
    )

    function onReadable(): void {
      for (;;) {
        const chunk = socket.read() as Buffer | null
        if (chunk === null) return
        received = Buffer.concat([received, chunk])
        const header = parseProxyHeader(received)
        if (header.kind === 'incomplete') continue
        finish(header)
        return
      }
    }
    function onGone(): void {
      finish({ kind: 'invalid', reason: 'closed before the PROXY header' })
    }
    function finish(header: ReadProxyHeader): void {
      clearTimeout(timer)
      socket.off('readable', onReadable).off('end', onGone).off('close', onGone)
      if (header.kind !== 'invalid' && received.length > header.bytes)
        socket.unshift(received.subarray(header.bytes))
      resolve(header)
    }
    socket.on('readable', onReadable).on('end', onGone).on('close', onGone)
  })
}
