import { loginClientOf } from '@gatepost/auth'

import { syntaxError } from '../../grammar/syntax-error.ts'
import type { Command, CommandContext } from '../command.ts'
import { logIn, refuseWithoutTls } from '../log-in.ts'

/** RFC 4954 section 4 and its like: no response is longer. */
const maxResponseLength = 12_288
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

// RFC 3501 section 6.2.2, RFC 4959 (SASL-IR), RFC 4616 (PLAIN).
export const authenticatePlain: Command = {
  name: 'AUTHENTICATE PLAIN',
  when: 'notAuthenticated',
  async run(context) {
    const { args, connection } = context
    const initial = args.isAtEnd ? undefined : args.astring('The initial response')
    args.end()
    if (!connection.isSecure) return refuseWithoutTls(context, { user: '', mechanism: 'PLAIN' })
    // RFC 4959 section 3: `=` is an empty response.
    const response = initial === '=' ? '' : (initial ?? (await askClient(context)))
    if (response === '*') return { status: 'BAD', text: 'Authentication cancelled' }
    const credentials = readPlain(response)
    if (credentials === undefined) {
      context.ports.logins.failed(loginClientOf(connection), {
        user: '',
        mechanism: 'PLAIN',
        reason: 'malformed',
      })
      throw syntaxError('The response is not that of PLAIN')
    }
    return logIn(context, { ...credentials, mechanism: 'PLAIN' })
  },
}

async function askClient({ input, writer, ports }: CommandContext): Promise<string> {
  writer.line('+ ')
  await writer.flush()
  const line = await input.line(ports.limits.loginMs)
  if (typeof line !== 'string') throw syntaxError('The response is too long')
  return line
}

/** Undefined when it is malformed, or acts for somebody else, which nobody may. */
function readPlain(
  response: string,
): { readonly user: string; readonly password: string } | undefined {
  if (response.length > maxResponseLength || !base64.test(response)) return undefined
  const parts = Buffer.from(response, 'base64').toString('utf8').split('\0')
  const [authorization, user, password] = parts
  if (parts.length !== 3 || authorization === undefined || user === undefined) return undefined
  if (password === undefined || (authorization !== '' && authorization !== user)) return undefined
  return { user, password }
}
