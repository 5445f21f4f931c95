import { createHash, hash } from 'node:crypto'

import type { NewContent } from '@gatepost/core'
import { type Address, baseSubject, indexMessage, type MimeIndex, searchText } from '@gatepost/mime'

import { type Chunk, packChunks } from './chunks.ts'
import { foldText } from './fold-text.ts'
import { readContent } from './read-content.ts'

/** Body text that searches look through, in UTF-16 units. */
const maxSearchText = 262_144
/** More message ids than this join no thread: the first ones and the last of the references count. */
const maxThreadIds = 64
/** It is hashed with each of the ids. */
const maxThreadSubject = 1_000

/** A message with everything that is derived from its bytes: pure, made before the transaction begins, mostly in another thread. */
export interface PreparedMessage extends PreparedBlob {
  /** The MIME index as JSON, and of which shape it is. */
  readonly mime: string
  readonly mimeVersion: number
  readonly sentAt: number | null
  readonly sentDay: number | null
  readonly hasAttachment: boolean
  readonly text: SearchColumns
  readonly threadKeys: readonly Uint8Array[]
}

export interface PreparedBlob {
  /** In bytes. */
  readonly size: number
  readonly chunks: readonly Chunk[]
  /** SHA-256 in base64url. */
  readonly hash: string
}

/** Folded text as searches and sorts need it. */
export interface SearchColumns {
  readonly from: string
  readonly to: string
  readonly cc: string
  readonly bcc: string
  readonly subject: string
  readonly sortFrom: string
  readonly sortTo: string
  readonly sortSubject: string
  readonly body: string
}

/** Reads a spooled content from its file: where that holds nobody up. @throws Error of the file system */
export function prepareBlob(content: NewContent): PreparedBlob {
  return preparedBlob(readContent(content))
}

/** As `prepareBlob`. */
export function prepareMessage(content: NewContent): PreparedMessage {
  const bytes = readContent(content)
  const index = indexMessage(bytes)
  return {
    ...preparedBlob(bytes),
    mime: JSON.stringify(index),
    mimeVersion: index.version,
    sentAt: index.envelope.sentAt,
    sentDay: index.envelope.sentDay,
    hasAttachment: index.hasAttachment,
    text: searchColumns(bytes, index),
    threadKeys: threadKeys(index),
  }
}

function preparedBlob(bytes: Uint8Array): PreparedBlob {
  return {
    size: bytes.byteLength,
    chunks: packChunks(bytes),
    hash: hash('sha256', bytes, 'base64url'),
  }
}

function searchColumns(bytes: Uint8Array, index: MimeIndex): SearchColumns {
  const { from, to, cc, bcc, subject } = index.envelope
  return {
    from: addressText(from),
    to: addressText(to),
    cc: addressText(cc),
    bcc: addressText(bcc),
    subject: foldText(subject ?? ''),
    sortFrom: sortName(from),
    sortTo: sortName(to),
    sortSubject: foldText(baseSubject(subject ?? '')),
    body: foldText(searchText(bytes, index, maxSearchText)),
  }
}

/** Names and addresses as people write them, one a line. */
function addressText(addresses: readonly Address[]): string {
  const lines = addresses.map((address) => {
    if (address.kind === 'groupEnd') return ''
    if (address.kind === 'groupStart') return address.name
    const spec = `${address.local}@${address.domain}`
    return address.name === null || address.name === '' ? spec : `${address.name} <${spec}>`
  })
  return foldText(lines.filter((line) => line !== '').join('\n'))
}

/** RFC 8621 section 4.4.2: the name of the first address, or else the address. */
function sortName(addresses: readonly Address[]): string {
  const first = addresses.find((address) => address.kind === 'mailbox')
  if (first === undefined) return ''
  const hasName = first.name !== null && first.name !== ''
  return foldText(hasName ? (first.name ?? '') : `${first.local}@${first.domain}`)
}

/** RFC 8621 section 3: one message id in common and the same base subject, white space aside. */
function threadKeys(index: MimeIndex): Buffer[] {
  const { messageIds, inReplyToIds, referenceIds, subject } = index.envelope
  const base = foldText(baseSubject(subject ?? ''))
    .slice(0, maxThreadSubject)
    .replaceAll(/\s+/g, '')
  const own = [...messageIds.slice(0, 4), ...inReplyToIds.slice(0, 8)]
  const room = maxThreadIds - own.length - 1
  const ids = new Set([...own, ...referenceIds.slice(0, 1), ...referenceIds.slice(-room)])
  return [...ids].map((id) =>
    createHash('sha256').update(id).update('\0').update(base).digest().subarray(0, 16),
  )
}
