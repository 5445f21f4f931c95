import { quote } from '../../grammar/response-text.ts'
import { syntaxError } from '../../grammar/syntax-error.ts'
import type { Command } from '../command.ts'
import { ok } from '../imap-reply.ts'

/** RFC 2971 section 3.3: a client sends at most 30 pairs. */
const maxItems = 60

export const id: Command = {
  name: 'ID',
  when: 'always',
  run({ args, writer, ports, state }) {
    const argument = args.next('The list of fields')
    args.end()
    if (argument.kind !== 'nil' && argument.kind !== 'list')
      throw syntaxError('ID takes a parenthesized list or NIL')
    if (argument.kind === 'list' && argument.items.length > maxItems)
      throw syntaxError('ID takes at most 30 fields')
    // The version is nobody's business before the login.
    const version = state.access === undefined ? '' : ` "version" ${quote(ports.version)}`
    writer.line(`* ID ("name" "Gatepost"${version})`)
    return ok('ID completed')
  },
}
