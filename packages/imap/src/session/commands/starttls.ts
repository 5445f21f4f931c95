import type { TLSSocket } from 'node:tls'

import { reportHandshake } from '@gatepost/gate'

import type { Command, CommandContext } from '../command.ts'
import { ConnectionEnded } from '../connection-ended.ts'
import { ok } from '../imap-reply.ts'

// RFC 3501 section 6.2.1.
export const starttls: Command = {
  name: 'STARTTLS',
  when: 'notAuthenticated',
  run(context) {
    const { args, connection, input, writer, ports, securityContext } = context
    args.end()
    if (connection.isSecure) return { status: 'BAD', text: 'TLS is active already' }
    // What was sent along with STARTTLS may have been put there by somebody else (RFC 9051 section 11.1).
    const early = input.detach()
    if (early > 0)
      ports.security.protocolAbuse(securityContext, {
        kind: 'starttls_injection',
        detail: `${early} bytes`,
      })
    return {
      ...ok('Begin TLS negotiation now'),
      after: async () => {
        const secured = await secure(context)
        input.moveTo(secured)
        writer.moveTo(secured)
      },
    }
  },
}

async function secure({ connection, ports, securityContext }: CommandContext): Promise<TLSSocket> {
  try {
    return await connection.startTls()
  } catch (error) {
    // Anyone can fail a handshake: an event to count, not an error of ours.
    reportHandshake(ports.security, { securityContext, speaksHttp: false }, error)
    throw new ConnectionEnded()
  }
}
