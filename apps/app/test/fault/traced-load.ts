import { once } from 'node:events'
import { cpSync, existsSync, readFileSync, statSync, watch } from 'node:fs'
import { join } from 'node:path'

import { JmapClient } from '../mail/support/jmap-client.ts'
import { deliver } from '../mail/support/smtp-delivery.ts'
import { GatepostProcess } from '../support/gatepost-process.ts'
import { SystemCallTrace } from '../support/system-call-trace.ts'
import { bytesIn, type SystemCall } from '../support/system-calls.ts'

/** The message that keywords are set on. */
export const markedMessage = 'r0-marked'
/** So near to the 4,000 pages at which the log is written back that this happens in the middle of the load. */
const logBytesBefore = 15_500_000

export interface TracedLoad {
  /** The data folder before, as it is on disk. */
  readonly before: string
  /** And after all of it. */
  readonly after: string
  readonly calls: readonly SystemCall[]
  /** The place at which clients began to write. */
  readonly begin: number
  readonly acknowledged: readonly Acknowledged[]
  /** What was sent, by the name of the message. */
  readonly contents: ReadonlyMap<string, string>
}

export interface Acknowledged {
  /** The name of a message that was delivered, or a keyword that was set on the marked one. */
  readonly name: string
  /** The place of the answer among the calls. */
  readonly at: number
}

/** Lets clients write to a real server and keeps all that it did to its files; at last it is killed. */
export async function traceLoad(folder: string, random: () => number): Promise<TracedLoad> {
  await makeTextIndex(folder)
  await using server = new GatepostProcess({ folder })
  await server.ready()
  const data = join(folder, 'data')
  const before = join(folder, 'before')
  const mx = server.port('SMTP  mail from')
  const contents = new Map<string, string>()
  const send = async (name: string, size: number): Promise<void> => {
    const content = contentOf(name, size, random)
    contents.set(name, content)
    await deliver(mx, content)
  }
  await send(markedMessage, 100)
  for (let at = 0; statSync(join(data, 'gatepost.sqlite-wal')).size < logBytesBefore; at += 1)
    await send(`r0-before-${at}`, 600_000)
  const jmap = await openJmap(server, folder)
  const marked = await idOf(jmap, markedMessage)
  const earlier = [...contents.keys()].map((name) => ({ name, at: 0 }))
  await using trace = await SystemCallTrace.attach(server.child.pid ?? 0)
  cpSync(data, before, { recursive: true })
  await Promise.all([
    ...['a', 'b', 'c'].map(async (client) => {
      for (let at = 0; at < 12; at += 1)
        await send(`r1-${client}-${at}`, random() < 0.1 ? 300_000 : random() * 20_000)
    }),
    (async () => {
      for (let at = 0; at < 20; at += 1)
        await jmap.set('Email/set', { update: { [marked]: { [`keywords/r1-k-${at}`]: true } } })
    })(),
  ])
  // While it is looked at: whatever its threads still wrote is in the record.
  await server.stop('SIGKILL')
  const calls = await trace.stop()
  return {
    before,
    after: data,
    calls,
    begin: calls.find(isOfClient)?.start ?? 0,
    acknowledged: [...earlier, ...acknowledgedIn(calls)],
    contents,
  }
}

/** Its file is there then, and whatever happens to it goes through its log. */
async function makeTextIndex(folder: string): Promise<void> {
  await using server = new GatepostProcess({ folder })
  await server.ready()
  await openJmap(server, folder)
  await server.stop()
}

/** Once its thread keeps the text index up. */
async function openJmap(server: GatepostProcess, folder: string): Promise<JmapClient> {
  const data = join(folder, 'data')
  const password = readFileSync(join(data, 'initial-password'), 'utf8').trim()
  const jmap = await JmapClient.open(server.port('JMAP  http'), 'me@example.test', password)
  // The first search is what starts it.
  await jmap.call('Email/query', { filter: { text: 'anything' } })
  await untilThere(data, 'search.sqlite-wal')
  return jmap
}

async function untilThere(folder: string, name: string): Promise<void> {
  const watcher = watch(folder)
  try {
    while (!existsSync(join(folder, name))) await once(watcher, 'change')
  } finally {
    watcher.close()
  }
}

/** The first three are the process's own. */
function isOfClient({ file, descriptor }: SystemCall): boolean {
  return file.startsWith('socket:') && descriptor > 2
}

/** Half of it does not compress. */
function contentOf(name: string, size: number, random: () => number): string {
  const lines = Array.from({ length: Math.ceil(size / 70) }, (_, at) =>
    at % 2 === 0 ? name.padEnd(68, '.') : Array.from({ length: 6 }, random).join('').slice(0, 68),
  )
  return `Subject: ${name}\r\nFrom: a@example.org\r\n\r\n${lines.join('\r\n')}\r\n`
}

async function idOf(jmap: JmapClient, subject: string): Promise<string> {
  const { ids } = await jmap.call('Email/query', { filter: { subject } })
  const [id] = ids
  if (id === undefined || ids.length > 1) throw new Error(`${ids.length} emails of ${subject}`)
  return id
}

/** What was asked for on a socket, and the answer on it that says it is done. */
function acknowledgedIn(calls: readonly SystemCall[]): Acknowledged[] {
  const asked = new Map<string, string>()
  const acknowledged: Acknowledged[] = []
  for (const { name, file, args, start } of calls.filter(isOfClient)) {
    if (name === 'read') {
      const mark = /^Subject: (\S+)|"keywords\/(\S+?)"/m.exec(bytesIn(args).toString('latin1'))
      const found = mark?.[1] ?? mark?.[2]
      if (found !== undefined) asked.set(file, found)
    } else if (/^"(?:250 2\.6\.0|HTTP\/1\.1 200)/.test(args.replace(/^\[\{iov_base=/, ''))) {
      const found = asked.get(file)
      if (found !== undefined) acknowledged.push({ name: found, at: start })
      asked.delete(file)
    }
  }
  return acknowledged
}
