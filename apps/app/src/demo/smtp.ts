import type { Dialogue } from './dialogue.ts'
import type { Protocol } from './protocol.ts'
import type { Credentials, Visitor } from './visitor.ts'

const reply = /^\d{3} /

async function greeted(dialogue: Dialogue): Promise<Dialogue> {
  await dialogue.hearUntil(reply)
  await dialogue.ask('EHLO client.example', reply)
  return dialogue
}

function authPlain({ user, password }: Credentials): string {
  return `AUTH PLAIN ${Buffer.from(`\0${user}\0${password}`).toString('base64')}`
}

export const smtp: Protocol = {
  name: 'SMTP',
  welcome: /^220 /,
  refusal: /^554 5\.7\.1 /,
  farewell: /^421 4\.7\.0 /,
  async knock(visitor) {
    using dialogue = visitor.open('mx')
    return await dialogue.hearUntil(reply)
  },
  async logIn(visitor, credentials) {
    using dialogue = await greeted(visitor.open('submissions'))
    return await dialogue.ask(authPlain(credentials), reply)
  },
  async stay(visitor, credentials) {
    const dialogue = await greeted(visitor.open('submissions'))
    await dialogue.ask(authPlain(credentials), /^235 /)
    return dialogue
  },
}

export interface Envelope {
  readonly from: string
  readonly to: string
}

/** As another mail server does it. Answers the reply after the message. */
export async function deliver(
  visitor: Visitor,
  { from, to }: Envelope,
  message: readonly string[],
): Promise<string> {
  using dialogue = await greeted(visitor.open('mx'))
  await dialogue.ask(`MAIL FROM:<${from}>`, /^250 /)
  await dialogue.ask(`RCPT TO:<${to}>`, /^250 /)
  await dialogue.ask('DATA', /^354 /)
  for (const line of message) dialogue.say(line)
  return await dialogue.ask('.', /^250 /)
}
