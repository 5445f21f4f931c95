import { syntaxError } from '../../grammar/syntax-error.ts'
import type { Command } from '../command.ts'
import { ok } from '../imap-reply.ts'

// RFC 5161: what is not known is passed over.
export const enable: Command = {
  name: 'ENABLE',
  when: 'authenticated',
  run({ args, state, writer }) {
    if (args.isAtEnd) throw syntaxError('ENABLE names at least one capability')
    const enabled = new Set<string>()
    while (!args.isAtEnd) if (args.atom('A capability') === 'CONDSTORE') enabled.add('CONDSTORE')
    if (enabled.size > 0) state.isCondstoreEnabled = true
    writer.line(['* ENABLED', ...enabled].join(' '))
    return ok('ENABLE completed')
  },
}
