import { domainToASCII } from 'node:url'

import type { ImapFlow, MessageAddressObject, MessageStructureObject } from 'imapflow'

import type { JmapClient, JmapObject } from '../mail/support/jmap-client.ts'
import type { CorpusMessage } from './corpus-message.ts'

/** What is compared of a message, whoever tells it. */
export interface ReadMessage {
  readonly subject: string | null
  readonly from: readonly string[]
  readonly to: readonly string[]
  readonly structure: string
  /** Over JMAP alone. */
  readonly text?: readonly string[]
  readonly attachments?: readonly string[]
}
type ByName<Value> = Readonly<Record<string, Value>>

export interface ReadOverImap {
  readonly messages: ByName<ReadMessage>
  /** BODY[], one character for each byte. */
  readonly contents: ByName<string>
  readonly emailIds: ReadonlyMap<string, string>
  readonly namesOfUids: ReadonlyMap<number, string>
}

/** The inbox, whose messages came in this order. */
export async function readOverImap(
  flow: ImapFlow,
  expected: readonly CorpusMessage[],
): Promise<ReadOverImap> {
  const messages: Record<string, ReadMessage> = {}
  const contents: Record<string, string> = {}
  const emailIds = new Map<string, string>()
  const namesOfUids = new Map<number, string>()
  const wanted = { envelope: true, bodyStructure: true, source: true, uid: true }
  for await (const one of flow.fetch('1:*', wanted)) {
    const name = expected[one.seq - 1]?.name ?? `unexpected ${one.seq}`
    messages[name] = {
      subject: one.envelope?.subject ?? null,
      from: fromEnvelope(one.envelope?.from),
      to: fromEnvelope(one.envelope?.to),
      structure: one.bodyStructure === undefined ? '' : structureOf(one.bodyStructure),
    }
    contents[name] = one.source?.toString('latin1') ?? ''
    emailIds.set(one.emailId ?? '', name)
    namesOfUids.set(one.uid, name)
  }
  return { messages, contents, emailIds, namesOfUids }
}

/** What is found for each word, by IMAP's SEARCH TEXT. */
export async function searchOverImap(
  flow: ImapFlow,
  words: readonly string[],
  namesOfUids: ReadonlyMap<number, string>,
): Promise<ByName<readonly string[]>> {
  const found: Record<string, readonly string[]> = {}
  for (const word of words) {
    const uids = await flow.search({ text: word }, { uid: true })
    const list = Array.isArray(uids) ? uids : []
    found[word] = list.map((uid) => namesOfUids.get(uid) ?? '').toSorted()
  }
  return found
}

export async function readOverJmap(
  jmap: JmapClient,
  names: ReadonlyMap<string, string>,
): Promise<ByName<ReadMessage>> {
  const { list } = await jmap.call('Email/get', {
    ids: [...names.keys()],
    properties: ['subject', 'from', 'to', 'textBody', 'attachments', 'bodyStructure', 'bodyValues'],
    bodyProperties: ['partId', 'type', 'name', 'subParts'],
    fetchTextBodyValues: true,
  })
  return Object.fromEntries(list.map((email) => [names.get(email.id) ?? '', readEmail(email)]))
}

/** The structures with the messages inside, each opened by Email/parse, as far as it is one. */
export async function openOverJmap(
  jmap: JmapClient,
  names: ReadonlyMap<string, string>,
): Promise<ByName<string>> {
  const shown = {
    properties: ['bodyStructure'],
    bodyProperties: ['blobId', 'type', 'subParts'],
  }
  const { list } = await jmap.call('Email/get', { ids: [...names.keys()], ...shown })
  const rootOf = (email: object): JmapPart => (email as JmapObject)['bodyStructure'] as JmapPart
  const opened = new Map<string, JmapPart>()
  let blobIds = list.flatMap((email) => closedIn(rootOf(email)))
  while (blobIds.length > 0) {
    const { parsed } = await jmap.call('Email/parse', { blobIds, ...shown })
    const roots = Object.entries((parsed ?? {}) as ByName<object>).map(
      ([blobId, email]) => [blobId, rootOf(email)] as const,
    )
    for (const [blobId, root] of roots) opened.set(blobId, root)
    blobIds = roots.flatMap(([, root]) => closedIn(root))
  }
  const treeWithin = ({ blobId, type, subParts }: JmapPart): string => {
    const inner = opened.get(blobId ?? '')
    return nested(type, (inner === undefined ? (subParts ?? []) : [inner]).map(treeWithin))
  }
  return Object.fromEntries(
    list.map((email) => [names.get(email.id) ?? '', treeWithin(rootOf(email))]),
  )
}

/** The blobs of the messages in a message. */
function closedIn({ blobId, type, subParts }: JmapPart): string[] {
  const isMessage = /^message\/(?:rfc822|global)$/.test(type)
  const own = isMessage && blobId !== null && blobId !== undefined ? [blobId] : []
  return [...own, ...(subParts ?? []).flatMap(closedIn)]
}

/** What is found for each word, by Email/query. */
export async function searchOverJmap(
  jmap: JmapClient,
  words: readonly string[],
  names: ReadonlyMap<string, string>,
): Promise<ByName<readonly string[]>> {
  const found: Record<string, readonly string[]> = {}
  const callsAtOnce = 16
  for (let at = 0; at < words.length; at += callsAtOnce) {
    const some = words.slice(at, at + callsAtOnce)
    const answers = await jmap.calls(
      ...some.map((text) => ['Email/query', { filter: { text } }] as const),
    )
    for (const [index, word] of some.entries()) {
      const ids = answers[index]?.[1].ids ?? []
      found[word] = ids.map((id) => names.get(id) ?? '').toSorted()
    }
  }
  return found
}

/** An address as ImapFlow reads it from an ENVELOPE: the local part without its quotes, the domain in A-labels. */
export function asInEnvelope(address: string): string {
  return address
    .replace(/"([^"]+)"@/, '$1@')
    .replace(/@([^@[>]+)(>?)$/, (_match, domain: string, end: string) =>
      domain.includes('_') ? `@${domain}${end}` : `@${domainToASCII(domain)}${end}`,
    )
}

/** As JMAP shows it: a message inside is a leaf. */
export function closeMessages(structure: string): string {
  let depth = 0
  let closed = ''
  const open: boolean[] = []
  for (const [piece] of structure.matchAll(/message\/(?:rfc822|global)\(|[()]|[^()]/g)) {
    if (piece === ')') {
      if (open.pop() === true) depth -= 1
      else if (depth === 0) closed += piece
      continue
    }
    const isMessage = piece.length > 1
    if (depth === 0) closed += isMessage ? piece.slice(0, -1) : piece
    if (isMessage || piece === '(') open.push(isMessage)
    if (isMessage) depth += 1
  }
  return closed
}

interface JmapPart {
  readonly partId: string | null
  readonly blobId?: string | null
  readonly type: string
  readonly name: string | null
  readonly subParts?: readonly JmapPart[] | null
}
interface JmapAddress {
  readonly name: string | null
  readonly email: string
}

function readEmail(email: JmapObject): ReadMessage {
  const values = email['bodyValues'] as ByName<{ readonly value: string }>
  const texts = email['textBody'] as readonly JmapPart[]
  return {
    subject: email['subject'] as string | null,
    from: ((email['from'] ?? []) as readonly JmapAddress[]).map(fromJmap),
    to: ((email['to'] ?? []) as readonly JmapAddress[]).map(fromJmap),
    structure: treeOf(email['bodyStructure'] as JmapPart),
    text: texts
      .filter(({ type }) => type.startsWith('text/'))
      .map(({ partId }) => values[partId ?? '']?.value ?? ''),
    attachments: (email['attachments'] as readonly JmapPart[]).map(
      ({ name, type }) => name ?? type,
    ),
  }
}

function fromJmap({ name, email }: JmapAddress): string {
  return addressText(name ?? '', email)
}

/** Without the ends of groups. */
function fromEnvelope(list: readonly MessageAddressObject[] = []): string[] {
  return list
    .filter(({ address = '' }) => address !== '')
    .map(({ name = '', address = '' }) => addressText(name, address))
}

function addressText(name: string, address: string): string {
  return name === '' ? address : `${name} <${address}>`
}

function treeOf({ type, subParts }: JmapPart): string {
  return nested(type, (subParts ?? []).map(treeOf))
}

function structureOf({ type, childNodes }: MessageStructureObject): string {
  return nested(type, (childNodes ?? []).map(structureOf))
}

function nested(type: string, inside: readonly string[]): string {
  return inside.length === 0 ? type : `${type}(${inside.join(' ')})`
}
