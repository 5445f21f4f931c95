import type { Command } from '../command.ts'
import { ok } from '../imap-reply.ts'

// RFC 3501 section 6.2.1.
export const starttls: Command = {
  name: 'STARTTLS',
  when: 'notAuthenticated',
  run({ args, connection, input, writer, ports, securityContext }) {
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
        const secured = await connection.startTls()
        input.moveTo(secured)
        writer.moveTo(secured)
      },
    }
  },
}
