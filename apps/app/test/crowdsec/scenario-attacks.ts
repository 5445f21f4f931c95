import { vi } from 'vitest'

import type { Dialogue } from '../../src/demo/dialogue.ts'
import { imap } from '../../src/demo/imap.ts'
import { smtp } from '../../src/demo/smtp.ts'
import type { Credentials } from '../../src/demo/visitor.ts'
import { patience, type Settings, type Siege } from './siege.ts'

/** What the attacks below need of the server. */
export const attackedSettings: Settings = {
  GATEPOST__DETECT__TRAP_ADDRESSES: 'trap@example.test',
  GATEPOST__DETECT__BURST_RECIPIENTS: '3',
  // Nobody is there: what is sent waits.
  GATEPOST__OUTBOUND__RELAY: '127.0.0.1:1',
  GATEPOST__LIMITS__CONNECTIONS_PER_ADDRESS: '16',
}

/** From the address; resolves when the last of it is answered. */
export type Attack = (siege: Siege, address: string) => Promise<void>

/** One real attack for each scenario that concerns an address. */
export const attacksByAddress: Readonly<Record<string, Attack>> = {
  'mail-bf': async (siege, address) => {
    await siege.guess(address, 6)
  },
  // Below what the others see: four passwords for each of four accounts.
  'mail-slow-bf': async (siege, address) => {
    for (let count = 0; count < 4; count += 1)
      await siege.guess(address, 4, [smtp], `slow${count}@example.test`)
  },
  'mail-password-spray': async (siege, address) => {
    for (let count = 0; count < 6; count += 1) {
      const { user } = await newAccount(siege, `spray${count}`)
      await imap.logIn(siege.visitor(address), { user, password: 'Summer2026' })
    }
  },
  'mail-login-enumeration': async (siege, address) => {
    for (let count = 0; count < 5; count += 1)
      await siege.guess(address, 1, [imap], `nobody${count}@example.test`)
  },
  'mail-recipient-dictionary': async (siege, address) => {
    using dialogue = await transaction(siege, address)
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f'])
      await dialogue.ask(`RCPT TO:<${name}@example.test>`, /^550 5\.1\.1 /)
  },
  'mail-relay-probe': async (siege, address) => {
    using dialogue = await transaction(siege, address)
    for (const name of ['a', 'b', 'c'])
      await dialogue.ask(`RCPT TO:<${name}@example.com>`, /^5\d\d 5\.7\.1 /)
  },
  'mail-protocol-abuse': async (siege, address) => {
    for (let count = 0; count < 3; count += 1) {
      using dialogue = siege.visitor(address).open('mx')
      await dialogue.hearUntil(/^220 /)
      await dialogue.ask('GET / HTTP/1.1', /^421 /)
    }
  },
  'mail-smuggling': async (siege, address) => {
    const { user } = await newAccount(siege, 'smuggled')
    using dialogue = await transaction(siege, address)
    await dialogue.ask(`RCPT TO:<${user}>`, /^250 /)
    await dialogue.ask('DATA', /^354 /)
    dialogue.say('a\n.\r\nMAIL FROM:<evil@example.org>')
    await dialogue.ask('.', /^5\d\d /)
  },
  'mail-trap': async (siege, address) => {
    using dialogue = await transaction(siege, address)
    await dialogue.ask('RCPT TO:<trap@example.test>', /^\d{3} /)
  },
  'mail-connection-flood': async (siege, address) => {
    using open = new DisposableStack()
    const held = Array.from({ length: 16 }, () => open.use(siege.visitor(address).open('imap')))
    for (const dialogue of held) await dialogue.hearUntil(/^\* OK /)
    for (let count = 0; count < 21; count += 1) {
      using dialogue = siege.visitor(address).open('imap')
      await dialogue.rest()
    }
  },
  // Twice the limit of a source in its ten seconds.
  'mail-connection-burst': async (siege, address) => {
    for (let round = 0; round < 20; round += 1) {
      using open = new DisposableStack()
      for (let count = 0; count < 10; count += 1) open.use(siege.visitor(address).open('imap'))
      using last = siege.visitor(address).open('imap')
      await last.hear()
    }
  },
  'jmap-abuse': async (siege, address) => {
    for (let count = 0; count < 21; count += 1)
      await ask(siege, address, '/.well-known/jmap', ['Authorization: Basic ???'])
  },
  'jmap-scan': async (siege, address) => {
    for (let count = 0; count < 9; count += 1) await ask(siege, address, `/${count}.php`)
  },
}

interface AccountAttack {
  /** How the alert is known: the decision that follows, or that it is told and nothing follows. */
  readonly decision: 'throttle' | 'hold' | undefined
  readonly attack: (siege: Siege, account: Credentials, address: string) => Promise<void>
}

/** The same for those that concern an account. */
export const attacksByAccount: Readonly<Record<string, AccountAttack>> = {
  'mail-account-attack': {
    decision: 'throttle',
    attack: async (siege, { user }) => {
      for (let count = 0; count < 11; count += 1) {
        const visitor = siege.visitor(`127.0.21.${count + 1}`)
        await smtp.logIn(visitor, { user, password: `guess${count}` })
      }
    },
  },
  'mail-outbound-burst': {
    decision: 'hold',
    attack: async (siege, account, address) => {
      using dialogue = await smtp.stay(siege.visitor(address), account)
      await dialogue.ask(`MAIL FROM:<${account.user}>`, /^250 /)
      for (const name of ['a', 'b', 'c'])
        await dialogue.ask(`RCPT TO:<${name}@example.org>`, /^250 /)
      await dialogue.ask('DATA', /^354 /)
      for (const line of [`From: ${account.user}`, 'Subject: x', '']) dialogue.say(line)
      await dialogue.ask('.', /^250 /)
    },
  },
  // Where it would be banned long before, nobody gets so far: this address is let through whatever happens.
  'mail-account-guessed': {
    decision: undefined,
    attack: async (siege, account, address) => {
      const { filter } = siege.stage.server
      await siege.stage.cscli('decisions', 'add', '--ip', address, '--type', 'allow')
      await vi.waitUntil(
        () => filter.decisions().some(({ value, type }) => value === address && type === 'allow'),
        patience,
      )
      await siege.guess(address, 10, [smtp], account.user)
      await smtp.logIn(siege.visitor(address), account)
    },
  },
}

export async function newAccount(siege: Siege, name: string): Promise<Credentials> {
  const credentials = { user: `${name}@example.test`, password: `${name} has a password` }
  await siege.stage.addAccount(credentials)
  return credentials
}

async function transaction(siege: Siege, address: string): Promise<Dialogue> {
  const dialogue = siege.visitor(address).open('mx')
  await dialogue.hearUntil(/^220 /)
  await dialogue.ask('EHLO client.example', /^250 /)
  await dialogue.ask('MAIL FROM:<a@example.org>', /^250 /)
  return dialogue
}

async function ask(
  siege: Siege,
  address: string,
  path: string,
  headers: readonly string[] = [],
): Promise<void> {
  using dialogue = siege.visitor(address).open('http')
  const lines = [`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers, '']
  for (const line of lines) dialogue.say(line)
  await dialogue.hearUntil(/^HTTP\/1\.1 4\d\d /)
}
