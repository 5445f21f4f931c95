import type { Dialogue } from './dialogue.ts'
import type { Protocol } from './protocol.ts'
import type { Credentials, Visitor } from './visitor.ts'

async function loggedIn(visitor: Visitor, credentials: Credentials): Promise<Dialogue> {
  const dialogue = visitor.open('imaps')
  await dialogue.hearUntil(/^\* OK /)
  await dialogue.ask(login(credentials), /^a OK /)
  return dialogue
}

function login({ user, password }: Credentials): string {
  return `a LOGIN ${user} "${password}"`
}

export const imap: Protocol = {
  name: 'IMAP',
  welcome: /^\* OK /,
  refusal: /^\* BYE /,
  farewell: /^\* BYE /,
  async knock(visitor) {
    using dialogue = visitor.open('imap')
    return await dialogue.hearUntil(/^\* /)
  },
  async logIn(visitor, credentials) {
    using dialogue = visitor.open('imaps')
    await dialogue.hearUntil(/^\* OK /)
    return await dialogue.ask(login(credentials), /^a /)
  },
  async stay(visitor, credentials) {
    const dialogue = await loggedIn(visitor, credentials)
    await dialogue.ask('b SELECT INBOX', /^b OK /)
    await dialogue.ask('c IDLE', /^\+ /)
    return dialogue
  },
}

/** The subject of the newest message in the inbox. */
export async function readSubject(visitor: Visitor, credentials: Credentials): Promise<string> {
  using dialogue = await loggedIn(visitor, credentials)
  await dialogue.ask('b SELECT INBOX', /^b OK /)
  const line = await dialogue.ask('c FETCH * BODY.PEEK[HEADER.FIELDS (SUBJECT)]', /^Subject: |^c /)
  if (!line.startsWith('Subject: ')) throw new Error(`no message in the inbox: ${line}`)
  return line.slice('Subject: '.length)
}
