import type { Command } from '../command.ts'
import { ok } from '../imap-reply.ts'

// RFC 3501 section 6.1.3.
export const logout: Command = {
  name: 'LOGOUT',
  when: 'always',
  run({ args, writer, state }) {
    args.end()
    state.selected = undefined
    writer.line('* BYE Good-bye')
    return { ...ok('LOGOUT completed'), isLast: true }
  },
}
