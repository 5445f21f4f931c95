import type { Command } from '../command.ts'
import { ok } from '../imap-reply.ts'

// RFC 2342: one personal namespace, at the root.
export const namespace: Command = {
  name: 'NAMESPACE',
  when: 'authenticated',
  run({ args, writer }) {
    args.end()
    writer.line('* NAMESPACE (("" "/")) NIL NIL')
    return ok('NAMESPACE completed')
  },
}
