import { once } from 'node:events'
import { createServer } from 'node:net'

import { beginData, type LineClient } from '@gatepost/testkit'

import { outcomeOf, type Attack } from './attack.ts'
import { bystander } from './cast.ts'
import { becomes } from './eventually.ts'
import { JmapUser } from './jmap-user.ts'

async function deliver(client: LineClient, content: string): Promise<string> {
  await beginData(client, 'someone@example.org', bystander)
  return client.ask(`${content}\r\n.`)
}

const smuggled = 'x\n.\nMAIL FROM:<evil@example.org>\nRCPT TO:<victim@example.test>\nDATA\ny'
/** A text that somebody has written, with line ends that are not CRLF. */
const careless = 'He went up to the server and said:\nhelo there\n.\nrset is what it answered\nbye'

const smuggling: Attack = {
  name: 'smuggling-and-bare-line-feeds',
  section: '3',
  async run(stage) {
    const [from, writer] = [stage.network()(66), stage.network()(1)]
    using evil = await stage.smtp(from)
    const refused = await deliver(evil, smuggled)
    using honest = await stage.smtp(writer)
    const careful = await deliver(honest, careless)
    await becomes(() => stage.events.of({ kind: 'bare_line_ending', ip: writer }).length > 0)
    const ofKind = (ip: string): string =>
      stage.events
        .of({ event: 'protocol_abuse', ip })
        .map(({ kind }) => kind)
        .join(' ')
    return outcomeOf(
      {
        'both are refused': refused.startsWith('550') && careful.startsWith('550'),
        'a smuggled command is told as one': ofKind(from) === 'smuggling_attempt',
        'text with bare line feeds is told as that': ofKind(writer) === 'bare_line_ending',
      },
      { smuggled: ofKind(from), text: ofKind(writer) },
    )
  },
}

/** Among the customers of a large provider there is one who guesses. */
const badMailOfProvider: Attack = {
  name: 'one-bad-mail-of-a-provider',
  section: '3',
  async run(stage) {
    const provider = stage.network()(1)
    using client = await stage.smtp(provider)
    const codes: string[] = []
    for (let count = 0; count < 20; count += 1)
      codes.push((await deliver(client, 'Subject: good\r\n\r\nx')).slice(0, 3))
    await client.ask('MAIL FROM:<customer@example.org>')
    await client.ask('RCPT TO:<nobody-of-that-name@example.test>')
    await becomes(() => stage.events.of({ event: 'rcpt_unknown', ip: provider }).length > 0)
    const [event] = stage.events.of({ event: 'rcpt_unknown', ip: provider })
    await stage.decide({ value: provider })
    using banned = await stage.connect('mx', provider)
    const later = await banned.line()
    return outcomeOf(
      {
        'its mail was good': codes.every((code) => code === '250'),
        'the event says so': event?.['known'] === 'mail',
        'a ban asks it to come later': later?.startsWith('4') === true,
      },
      { good: codes.length, known: event?.['known'] ?? 'no', banned: later ?? 'closed' },
    )
  },
}

/** Addresses of this machine, as one may write them. */
const literals = ['[127.0.0.77]', '[IPv6:::ffff:127.0.0.77]', '[IPv6:::1]', '[0.0.0.0]']

const forgedRequest: Attack = {
  name: 'mail-to-the-inside',
  section: '3',
  // To the MX of each domain.
  settings: () => ({ GATEPOST__OUTBOUND__RELAY: '' }),
  async run(stage) {
    let connections = 0
    const server = createServer((socket) => {
      connections += 1
      socket.destroy()
    })
    // Where only the superuser may have port 25, the report is what is left to look at.
    const isListening = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(25, '127.0.0.77', () => resolve(true))
    })
    const sender = await stage.newAccount()
    const from = stage.network()(66)
    using client = await stage.smtp(from, sender)
    let accepted = 0
    for (const literal of literals) {
      await client.ask(`MAIL FROM:<${sender}>`)
      const reply = await client.ask(`RCPT TO:<x@${literal}>`)
      if (!reply.startsWith('250')) {
        await client.ask('RSET')
        continue
      }
      await client.ask('DATA')
      await client.ask(`From: ${sender}\r\n\r\nx\r\n.`)
      accepted += 1
    }
    const user = await JmapUser.open(stage, from, sender)
    const inbox = await user.inbox()
    const reports = async (): Promise<readonly string[]> =>
      (await user.call('Email/query', { filter: { inMailbox: inbox } }))[1][
        'ids'
      ] as readonly string[]
    const isReported = await becomes(async () => (await reports()).length >= accepted)
    const text = await textOf(user, await reports())
    if (isListening) {
      server.close()
      await once(server, 'close')
    }
    return outcomeOf(
      {
        'nothing connects': connections === 0,
        'each is told to its sender': isReported,
        'reports tell nothing of the inside': !/refused|timed? ?out|ECONN|greeting/i.test(text),
      },
      {
        literals: literals.length,
        accepted,
        listener: isListening ? 'yes' : 'no',
        connections,
        reports: accepted,
      },
    )
  },
}

async function textOf(user: JmapUser, ids: readonly string[]): Promise<string> {
  const asked = { ids, properties: ['bodyValues'], fetchTextBodyValues: true }
  const [, { list }] = await user.call('Email/get', asked)
  return JSON.stringify(list)
}

export const evasionAttacks: readonly Attack[] = [smuggling, badMailOfProvider, forgedRequest]
