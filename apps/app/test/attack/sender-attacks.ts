import { beginData, type LineClient } from '@gatepost/testkit'

import { outcomeOf, type Attack } from './attack.ts'
import { attacker, bystander, victim } from './cast.ts'

/** Sends a message with this header; answers the reply to it. */
async function send(client: LineClient, header: string, sender = attacker): Promise<string> {
  const reply = await client.ask(`MAIL FROM:<${sender}>`)
  if (!reply.startsWith('250')) {
    await client.ask('RSET')
    return reply
  }
  await client.ask(`RCPT TO:<${bystander}>`)
  await client.ask('DATA')
  return client.ask(`${header}\r\nSubject: x\r\n\r\nx\r\n.`)
}

const own = `From: ${attacker}`
const manyOwn = Array.from({ length: 2000 }, (_, at) => `attacker+${at}@example.test`).join(
  ',\r\n ',
)

/** Whoever reads these may see somebody else's name. */
const lies: Readonly<Record<string, string>> = {
  'two addresses without a comma': `${own} ${victim}`,
  'a foreign text before the address': `From: ${victim} <${attacker}>`,
  'a foreign text behind the address': `From: <${attacker}> ${victim}`,
  'a comment inside the address': `From: attacker(${victim})@example.test, ${victim}`,
  'a group': `From: ${victim}: ${attacker};`,
  'a foreign address in a group': `From: friends: ${victim}, ${attacker};`,
  'two From fields': `${own}\r\nFrom: ${victim}`,
  'two From fields, the foreign one first': `From: ${victim}\r\n${own}`,
  'From with a space before the colon': `${own}\r\nFrom : ${victim}`,
  'From behind the 20,000th field': `${'X: y\r\n'.repeat(20_000)}From: ${victim}`,
  'a second From behind the 20,000th field': `${own}\r\n${'X: y\r\n'.repeat(20_000)}From: ${victim}`,
  'NUL in a name': `From: "vic\0tim" <${attacker}>`,
  '2,000 own addresses and a foreign one': `From: ${manyOwn},\r\n ${victim}`,
  'a foreign Sender': `${own}\r\nSender: ${victim}`,
  'a foreign Resent-From': `Resent-From: ${victim}\r\n${own}`,
  'a redirect without From': `Resent-From: ${attacker}`,
  'From behind a line that is no field': `no field\r\nFrom: ${victim}`,
  'From behind a folded line': ` folded\r\nFrom: ${victim}`,
  'a second From behind a line that is no field': `${own}\r\nno field\r\nFrom: ${victim}`,
}

const fromLies: Attack = {
  name: 'lies-in-from',
  section: '3',
  async run(stage) {
    const taken: string[] = []
    const from = stage.network()(66)
    for (const [name, header] of Object.entries(lies)) {
      using client = await stage.smtp(from, attacker)
      const reply = await send(client, header)
      if (!/^55\d /.test(reply)) taken.push(`${name}: ${reply}`)
    }
    using client = await stage.smtp(from, attacker)
    const redirect = await send(
      client,
      `Resent-From: ${attacker}\r\nResent-To: ${bystander}\r\nFrom: ${victim}`,
    )
    const honest = await send(client, own)
    return outcomeOf(
      {
        [`each lie is refused${taken.length === 0 ? '' : `: ${taken.join(', ')}`}`]:
          taken.length === 0,
        'a redirected mail keeps its author': redirect.startsWith('250'),
        'an honest one is taken': honest.startsWith('250'),
      },
      { lies: Object.keys(lies).length },
    )
  },
}

/** Fields that speak for the server, or tell who was to be hidden. */
const removed = [
  `Bcc: ${victim}`,
  `Resent-Bcc: ${victim}`,
  'Return-Path: <forged@example.org>',
  'Delivered-To: forged@example.org',
  'Authentication-Results: mail.example.test; dkim=pass header.d=victim.example',
  'Content-Length: 5',
]

const forgedFields: Attack = {
  name: 'fields-of-the-server',
  section: '3',
  async run(stage) {
    const from = stage.network()(66)
    const recipient = await stage.newAccount()
    using client = await stage.smtp(from, attacker)
    await beginData(client, attacker, recipient)
    const reply = await client.ask(
      `${own}\r\nResent-From: ${attacker}\r\n${removed.join('\r\n')}\r\n\r\nx\r\n.`,
    )
    using imap = await stage.imap(from, recipient)
    await imap.ok('SELECT INBOX')
    const { untagged } = await imap.ok('FETCH 1 BODY.PEEK[HEADER]')
    const header = untagged.join('\n')
    const left = removed.filter((field) => header.includes(field))
    return outcomeOf(
      {
        'it is taken': reply.startsWith('250') && header.includes('From:'),
        [`nothing of it is left${left.length === 0 ? '' : `: ${left.join(', ')}`}`]:
          left.length === 0,
      },
      { fields: removed.length },
    )
  },
}

const catchAllHolder: Attack = {
  name: 'catch-all-holder',
  section: '3',
  async run(stage) {
    const holder = await stage.newAccount()
    await stage.command('alias', 'add', '@example.test', holder)
    using client = await stage.smtp(stage.network()(66), holder)
    const others: string[] = []
    for (const sender of [victim, bystander, 'postmaster@example.test', 'abuse@example.test'])
      others.push(
        await send(client, `From: ${sender}`, sender),
        await send(client, `From: ${sender}`, holder),
      )
    const free = await send(client, 'From: shop@example.test', 'shop@example.test')
    await stage.command('alias', 'delete', '@example.test')
    return outcomeOf(
      {
        'nobody else is written as': others.every((reply) => reply.startsWith('550')),
        'what resolves to the account may be': free.startsWith('250'),
      },
      { refused: others.length },
    )
  },
}

export const senderAttacks: readonly Attack[] = [fromLies, forgedFields, catchAllHolder]
