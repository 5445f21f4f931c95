import type { FetchMessageObject, ImapFlow } from 'imapflow'

import { readGmailLabels } from '../gmail-labels.ts'
import { gmailPlace } from '../gmail-place.ts'
import { usableKeywords } from '../keyword-names.ts'
import {
  type EarlierRuns,
  type MailItem,
  maxMessageBytes,
  type ReceivedTime,
  SourceLost,
  type SourceMessage,
  tooLarge,
} from '../mail-item.ts'
import { receivedTime } from '../received-time.ts'
import type { ImapFolder } from './imap-folders.ts'
import type { ImapSession } from './imap-session.ts'
import { internalDates } from './internal-dates.ts'

/** Messages asked about at once, and bytes of content: those of one message may be more. */
const windowSize = 1_000
const maxGroupBytes = 4_194_304

// RFC 3501 section 2.3.2
const systemFlags: ReadonlyMap<string, string> = new Map([
  ['\\seen', '$seen'],
  ['\\answered', '$answered'],
  ['\\flagged', '$flagged'],
  ['\\draft', '$draft'],
])

/** All messages of a mailbox, oldest first; content is fetched of those alone that no earlier run has done. Nothing there is changed. */
export async function* messagesOf(
  session: ImapSession,
  folder: ImapFolder,
  earlier: EarlierRuns,
): AsyncGenerator<SourceMessage> {
  earlier.checkNumbering(String(await session.select(folder.imapPath)))
  const uids = await session.ask((flow) => flow.search({ all: true }, { uid: true }))
  if (!Array.isArray(uids)) throw new Error('the other server does not list its messages')
  uids.sort((one, other) => one - other)
  const reader = new FolderReader(session, folder)
  for (let at = 0; at < uids.length; at += windowSize) {
    const missing: number[] = []
    for (const uid of uids.slice(at, at + windowSize)) {
      if (earlier.isDone(String(uid))) yield { key: String(uid), weight: 1, read: neverAsked }
      else missing.push(uid)
    }
    yield* reader.read(missing)
  }
}

interface Row extends Pick<FetchMessageObject, 'uid' | 'flags' | 'labels'> {
  readonly bytes: number
  readonly received: ReceivedTime | undefined
}

class FolderReader {
  readonly #session: ImapSession
  readonly #folder: ImapFolder

  constructor(session: ImapSession, folder: ImapFolder) {
    this.#session = session
    this.#folder = folder
  }

  async *read(uids: readonly number[]): AsyncGenerator<SourceMessage> {
    const known = await this.#describe(uids)
    let group: Row[] = []
    let bytes = 0
    for (const uid of uids) {
      const row = known.get(uid)
      // Expunged since they were listed.
      if (row === undefined) continue
      if (row instanceof Error || row.bytes > maxMessageBytes) {
        yield failing(uid, row instanceof Error ? row : tooLarge())
        continue
      }
      group.push(row)
      bytes += row.bytes
      if (bytes < maxGroupBytes) continue
      yield* this.#contents(group)
      group = []
      bytes = 0
    }
    yield* this.#contents(group)
  }

  /** Flags, dates and sizes. When the server does not answer for all, for each half of them, and so on. */
  async #describe(uids: readonly number[]): Promise<ReadonlyMap<number, Row | Error>> {
    if (uids.length === 0) return new Map()
    try {
      return await this.#session.ask((flow) => this.#rows(flow, uids))
    } catch (error) {
      if (error instanceof SourceLost) throw error
      const [uid] = uids
      if (uids.length === 1 && uid !== undefined) return new Map([[uid, asError(error)]])
      const [first, second] = halves(uids)
      return new Map([...(await this.#describe(first)), ...(await this.#describe(second))])
    }
  }

  async #rows(flow: ImapFlow, uids: readonly number[]): Promise<ReadonlyMap<number, Row>> {
    const wanted = { set: setOf(uids), uids: new Set(uids) }
    const dates = await internalDates(flow, wanted)
    const rows = new Map<number, Row>()
    const query = { uid: true, flags: true, size: true, labels: this.#folder.hasLabels }
    for await (const { uid, flags, labels, size } of flow.fetch(wanted.set, query, { uid: true }))
      // Servers also tell of changes to other messages.
      if (wanted.uids.has(uid) && flags !== undefined)
        rows.set(uid, {
          uid,
          flags,
          ...(labels === undefined ? {} : { labels }),
          bytes: size ?? 0,
          received: dates.get(uid),
        })
    return rows
  }

  /**
   * One message that the server cannot give costs the others nothing. Answers come in order, so it is the first one that has not come, or else it is
   * looked for by halves.
   */
  async *#contents(group: readonly Row[]): AsyncGenerator<SourceMessage> {
    if (group.length === 0) return
    const waiting = new Map(group.map((row) => [row.uid, row]))
    const set = setOf([...waiting.keys()])
    const bytes = group.reduce((sum, row) => sum + row.bytes, 0)
    let failure = new Error('the other server does not give it')
    try {
      const answers = this.#session.stream(bytes, (flow) =>
        flow.fetch(set, { source: true }, { uid: true }),
      )
      for await (const { uid, source } of answers) {
        const row = waiting.get(uid)
        if (row === undefined || source === undefined) continue
        waiting.delete(uid)
        this.#session.progressed()
        yield this.#message(row, source)
      }
    } catch (error) {
      if (error instanceof SourceLost) throw error
      failure = asError(error)
    }
    const [first, ...rest] = waiting.values()
    if (first === undefined) return
    if (group.length === 1) {
      yield failing(first.uid, failure)
      return
    }
    yield* this.#contents([first])
    for (const half of halves(rest)) yield* this.#contents(half)
  }

  #message(row: Row, content: Buffer): SourceMessage {
    const flags = [...(row.flags ?? [])]
    const gmail = this.#folder.hasLabels ? readGmailLabels([...(row.labels ?? [])]) : undefined
    const item: MailItem = {
      content,
      ...(row.received ?? receivedTime(content) ?? { receivedAt: Date.now(), zoneMinutes: 0 }),
      keywords: usableKeywords([
        ...flags.flatMap(
          (flag) => systemFlags.get(flag.toLowerCase()) ?? (flag.startsWith('\\') ? [] : flag),
        ),
        ...(gmail?.keywords ?? []),
      ]),
      isDeleted: flags.some((flag) => flag.toLowerCase() === '\\deleted'),
    }
    return {
      key: String(row.uid),
      weight: 1,
      ...(gmail === undefined ? {} : { place: gmailPlace(gmail.mailboxes, this.#folder.key) }),
      read: () => Promise.resolve(item),
    }
  }
}

function halves<T>(all: readonly T[]): readonly [readonly T[], readonly T[]] {
  const middle = Math.ceil(all.length / 2)
  return [all.slice(0, middle), all.slice(middle)]
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}

function failing(uid: number, error: Error): SourceMessage {
  return { key: String(uid), weight: 1, read: () => Promise.reject(error) }
}

function neverAsked(): Promise<MailItem> {
  return Promise.reject(new Error('done by an earlier run'))
}

/** A sequence set (RFC 3501 section 9) of ascending numbers: runs of them are ranges. */
function setOf(uids: readonly number[]): string {
  const ranges: [number, number][] = []
  for (const uid of uids) {
    const last = ranges.at(-1)
    if (last !== undefined && last[1] + 1 === uid) last[1] = uid
    else ranges.push([uid, uid])
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}:${to}`)).join(',')
}
