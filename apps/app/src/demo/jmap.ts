import { randomBytes } from 'node:crypto'

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

/** Passwords travel over plain HTTP on this machine only. */
type HttpListener = 'http' | 'https'

/** Status line and body. */
async function session(
  visitor: Visitor,
  listener: HttpListener,
  headers: readonly string[],
): Promise<string> {
  using dialogue = visitor.open(listener)
  request(dialogue, '/.well-known/jmap', ['Connection: close', ...headers])
  const status = await dialogue.hearUntil(/^HTTP\/1\.1 /)
  await dialogue.hearUntil(/^$/)
  return `${status} ${(await dialogue.hear()) ?? ''}`
}

export function jmapOver(listener: HttpListener): Protocol {
  return {
    name: 'JMAP',
    welcome: /^HTTP\/1\.1 401 /,
    refusal: /^HTTP\/1\.1 403 /,
    farewell: /^$/,
    knock: (visitor) => session(visitor, 'http', []),
    logIn: (visitor, credentials) => session(visitor, listener, [basic(credentials)]),
    async stay(visitor, credentials) {
      const dialogue = visitor.open(listener)
      request(dialogue, '/jmap/eventsource/?types=*&closeafter=no&ping=0', [basic(credentials)])
      await dialogue.hearUntil(/^: listening$/)
      return dialogue
    },
  }
}

export const jmap: Protocol = jmapOver('http')

/** The same, but for who stays: he has a WebSocket (RFC 8887). */
export function jmapWebSocketOver(listener: HttpListener): Protocol {
  return {
    ...jmapOver(listener),
    // The reason in the close frame; what stands before it is no text.
    farewell: /You are blocked$/,
    async stay(visitor, credentials) {
      const dialogue = visitor.open(listener)
      request(dialogue, '/jmap/ws/', [
        basic(credentials),
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Version: 13',
        `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
        'Sec-WebSocket-Protocol: jmap',
      ])
      await dialogue.hearUntil(/^HTTP\/1\.1 101 /)
      await dialogue.hearUntil(/^$/)
      return dialogue
    },
  }
}
