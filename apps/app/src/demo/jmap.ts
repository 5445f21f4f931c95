import type { Dialogue } from './dialogue.ts'
import type { Protocol } from './protocol.ts'
import type { Credentials, Visitor } from './visitor.ts'

/** A request by hand: it comes from the visitor's address. */
function request(dialogue: Dialogue, path: string, headers: readonly string[]): void {
  for (const line of [`GET ${path} HTTP/1.1`, 'Host: localhost', ...headers, '']) dialogue.say(line)
}

function basic({ user, password }: Credentials): string {
  return `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

/** Status line and body. */
async function session(visitor: Visitor, headers: readonly string[]): Promise<string> {
  using dialogue = visitor.open('http')
  request(dialogue, '/.well-known/jmap', ['Connection: close', ...headers])
  const status = await dialogue.hearUntil(/^HTTP\/1\.1 /)
  await dialogue.hearUntil(/^$/)
  return `${status} ${(await dialogue.hear()) ?? ''}`
}

export const jmap: Protocol = {
  name: 'JMAP',
  welcome: /^HTTP\/1\.1 401 /,
  refusal: /^HTTP\/1\.1 403 /,
  farewell: /^$/,
  knock: (visitor) => session(visitor, []),
  logIn: (visitor, credentials) => session(visitor, [basic(credentials)]),
  async stay(visitor, credentials) {
    const dialogue = visitor.open('http')
    request(dialogue, '/jmap/eventsource/?types=*&closeafter=no&ping=0', [basic(credentials)])
    await dialogue.hearUntil(/^: listening$/)
    return dialogue
  },
}
