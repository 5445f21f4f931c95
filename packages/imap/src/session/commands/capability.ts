import { capabilitiesAfterLogin, capabilitiesBeforeLogin } from '../capabilities.ts'
import type { Command } from '../command.ts'
import { ok } from '../imap-reply.ts'

// RFC 3501 section 6.1.1.
export const capability: Command = {
  name: 'CAPABILITY',
  when: 'always',
  async run({ args, writer, state, connection, ports }) {
    args.end()
    const capabilities =
      state.access === undefined
        ? await capabilitiesBeforeLogin(ports, connection)
        : capabilitiesAfterLogin
    writer.line(`* CAPABILITY ${capabilities}`)
    return ok('CAPABILITY completed')
  },
}
