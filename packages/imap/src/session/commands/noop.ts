import type { Command } from '../command.ts'
import { ok } from '../imap-reply.ts'

// RFC 3501 section 6.1.2. What has changed is told before the answer of any command.
export const noop: Command = {
  name: 'NOOP',
  when: 'always',
  run({ args }) {
    args.end()
    return ok('NOOP completed')
  },
}

// RFC 3501 section 6.4.1: every change is on disk already.
export const check: Command = {
  name: 'CHECK',
  when: 'selected',
  run({ args }) {
    args.end()
    return ok('CHECK completed')
  },
}
