import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

import { DataMemory, type AccountId, type BlobId, type MailStore } from '@gatepost/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { blobPieces, findBlob } from '../mail/blob-content.ts'
import type { ReadRange } from '../mail/message-source.ts'
import { isId } from '../protocol/jmap-id.ts'
import { limitError, plainProblem } from '../protocol/problem.ts'
import type { RouteParts } from './api-routes.ts'
import { Concurrency } from './concurrency.ts'
import { attachmentDisposition, safeMediaType } from './media-type.ts'
import { readUpload } from './upload-body.ts'

/** Upload and download (RFC 8620 section 6). */
export function addBlobRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { services, state, login } = parts
  const memory = new DataMemory({
    maxBytesInFlight: services.limits.maxUploadBytesInFlight,
    maxMessageBytes: services.limits.maxSizeUpload,
  })
  const uploading = new Concurrency(services.limits.maxConcurrentUpload)

  async function enter(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const leave = uploading.enter(state.account(request).id)
    if (leave === undefined) throw limitError('maxConcurrentUpload', 429)
    reply.raw.once('close', leave)
    const share = memory.enter(state.account(request).id)
    reply.raw.once('close', () => share.leave())
    if (share.take(announcedBytes(request, services.limits.maxSizeUpload)) !== undefined)
      throw plainProblem(503, 'Too much is being uploaded', { headers: { 'retry-after': '10' } })
  }

  app.get<{ Params: DownloadParams; Querystring: { type?: unknown } }>(
    '/jmap/download/:accountId/:blobId/:name',
    { onRequest: login },
    (request, reply) => download(request, reply, parts),
  )

  void app.register(async (uploads) => {
    uploads.removeAllContentTypeParsers()
    uploads.addContentTypeParser('*', (_request: FastifyRequest, payload: IncomingMessage) =>
      readUpload(payload, services.limits.maxSizeUpload),
    )
    uploads.post<{ Params: { accountId: string } }>(
      '/jmap/upload/:accountId/',
      { onRequest: [login, enter], bodyLimit: services.limits.maxSizeUpload },
      async (request, reply) => {
        const account = ownAccount(request, request.params.accountId, parts)
        const content = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
        const expiresAt = services.clock.now() + services.limits.uploadKeptMs
        const [blob] = await services.store.transact(account, [
          { op: 'putBlob', content, expiresAt },
        ])
        void reply.code(201).header('cache-control', 'no-store')
        // RFC 8620 section 6.1: the type is the one that was sent, and is only told back.
        const type = request.headers['content-type']?.slice(0, 255) ?? 'application/octet-stream'
        return { accountId: account, blobId: blob.blobId, type, size: blob.size }
      },
    )
  })
}

/** What an upload may come to hold: who does not say may send as much as anybody. */
function announcedBytes(request: FastifyRequest, most: number): number {
  const announced = Number(request.headers['content-length'] ?? most)
  return Math.min(announced, most)
}

interface DownloadParams {
  readonly accountId: string
  readonly blobId: string
  readonly name: string
}

async function download(
  request: FastifyRequest<{ Params: DownloadParams; Querystring: { type?: unknown } }>,
  reply: FastifyReply,
  parts: RouteParts,
): Promise<FastifyReply> {
  const { accountId, blobId, name } = request.params
  const account = ownAccount(request, accountId, parts)
  const { store } = parts.services
  const place = store.read(account, (reader) =>
    isId(blobId) ? findBlob(reader, blobId) : undefined,
  )
  if (place === undefined) throw plainProblem(404, 'No such blob')
  void reply.headers({
    'content-type': safeMediaType(request.query.type),
    'content-disposition': attachmentDisposition(name),
    // RFC 8620 section 6.2: the content of a blob id never changes.
    'cache-control': 'private, immutable, max-age=31536000',
  })
  if (place.kind === 'whole') {
    void reply.header('content-length', place.size)
    return reply.send(Readable.from(pieces(store, account, place)))
  }
  const decoded: Buffer[] = []
  const budget = parts.budgetOf(parts.state.account(request))
  const readRange: ReadRange = (id, start, end) =>
    store.read(account, ({ blobs }) => blobs.range(id, start, end))
  for await (const piece of blobPieces(place, readRange, budget)) decoded.push(piece)
  budget.end()
  void reply.header(
    'content-length',
    decoded.reduce((sum, { length }) => sum + length, 0),
  )
  return reply.send(Readable.from(decoded))
}

const pieceBytes = 262_144

/** Read as fast as the client takes it. */
function* pieces(
  store: MailStore,
  account: AccountId,
  blob: { readonly blobId: BlobId; readonly size: number },
): Iterable<Buffer> {
  for (let start = 0; start < blob.size; start += pieceBytes) {
    const end = Math.min(start + pieceBytes, blob.size)
    const piece = store.read(account, (reader) => reader.blobs.range(blob.blobId, start, end))
    if (piece?.length !== end - start) throw new Error('the blob went away while it was read')
    yield piece
  }
}

/** @throws ProblemError 404 for every account but the user's own */
function ownAccount(request: FastifyRequest, accountId: string, parts: RouteParts): AccountId {
  const { id } = parts.state.account(request)
  if (id !== accountId) throw plainProblem(404, 'No such account')
  return id
}
