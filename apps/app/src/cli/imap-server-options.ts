import { readSecret } from '../config/read-config.ts'
import type { ImapServer } from '../transfer/imap/imap-connection.ts'
import { type CommandContext, Refusal } from './command.ts'
import { foreignPassword } from './password-input.ts'

const passwordVariable = 'GATEPOST_IMAP_PASSWORD'

export const imapUsage =
  '--imap HOST --user NAME [--password-file FILE] [--port N] [--tls | --starttls | --insecure] [--ca FILE]'

export const imapOptions = {
  imap: { type: 'string' },
  user: { type: 'string' },
  'password-file': { type: 'string' },
  port: { type: 'string' },
  tls: { type: 'boolean' },
  starttls: { type: 'boolean' },
  insecure: { type: 'boolean' },
  ca: { type: 'string' },
} as const

/** The server that a command's options name; the password comes from a file, the environment or the terminal. @throws Refusal */
export async function imapServer(
  host: string,
  { options, environment }: CommandContext,
): Promise<ImapServer> {
  const { user, ca } = options
  if (typeof user !== 'string') throw new Refusal('say who you are there: --user NAME')
  const security = securityOf(options)
  const port = portOf(options['port'], security)
  const certificates = typeof ca === 'string' ? { certificates: readSecret(ca) } : {}
  const password = await foreignPassword(options['password-file'], {
    name: passwordVariable,
    value: environment[passwordVariable],
  })
  return { host, port, security, user, password, ...certificates }
}

function securityOf(options: CommandContext['options']): ImapServer['security'] {
  const named = (['tls', 'starttls', 'insecure'] as const).filter((name) => options[name] === true)
  if (named.length > 1) throw new Refusal('give one of --tls, --starttls and --insecure')
  const [security = 'tls'] = named
  return security === 'insecure' ? 'plain' : security
}

function portOf(
  given: CommandContext['options'][string],
  security: ImapServer['security'],
): number {
  if (typeof given !== 'string') return security === 'tls' ? 993 : 143
  const port = /^\d{1,5}$/.test(given) ? Number(given) : 0
  if (port < 1 || port > 65_535) throw new Refusal(`${given} is no port`)
  return port
}
