import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

import type { AccountId, NewContent } from '@gatepost/core'
import {
  plainProblem,
  type ProblemError,
  awaitTurn,
  WaitingLine,
  checkIsThere,
  whenClosed,
  WorkPlace,
} from '@gatepost/http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

import { servedAccount } from '../account-access.ts'
import { BudgetExceeded, type RequestBudget } from '../budget/request-budget.ts'
import { blobPieces, type BlobPlace } from '../mail/blob-content.ts'
import { BlobFinder } from '../mail/blob-finder.ts'
import { isCoded } from '../mail/message-source.ts'
import { isId } from '../protocol/jmap-id.ts'
import { limitError } from '../protocol/problem.ts'
import type { RouteParts } from './api-routes.ts'
import { attachmentDisposition, safeMediaType } from './media-type.ts'
import { readUpload, takeRoom } from './upload-body.ts'
import { UploadRoom, type UploadPlace } from './upload-room.ts'

/** Upload and download (RFC 8620 section 6). */
export function addBlobRoutes(app: FastifyInstance, parts: RouteParts): void {
  const { services } = parts
  const { state, login } = parts.http
  const room = new UploadRoom(services.limits, parts.memory, parts.spool)
  const places = new WeakMap<FastifyRequest, UploadPlace>()
  const uploading = new WaitingLine({
    maxInside: services.limits.maxConcurrentUpload,
    maxWaiting: services.limits.maxWaitingUploads,
    waitMs: services.limits.uploadWaitMs,
  })

  async function enter(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const visit = uploading.enter(state.access(request).principal.id)
    whenClosed(reply.raw, () => visit.leave())
    await awaitTurn(visit, reply, limitError('maxConcurrentUpload', 429))
    const place = room.enter(state.access(request).account.id)
    places.set(request, place)
    whenClosed(reply.raw, () => place.leave())
    // What comes in chunks is paid for as it comes, and what is too large is refused when its body is asked for.
    const announced = Number(request.headers['content-length'] ?? 0)
    if (announced <= services.limits.maxSizeUpload) await takeRoom(place, announced)
  }

  function placeOf(request: FastifyRequest): UploadPlace {
    const place = places.get(request)
    if (place === undefined) throw new Error('an upload without a place')
    return place
  }

  const downloading = new WaitingLine({
    maxInside: services.limits.maxConcurrentDownloads,
    maxWaiting: services.limits.maxWaitingDownloads,
    waitMs: services.limits.downloadWaitMs,
  })

  const downloads = new WeakMap<FastifyRequest, WorkPlace>()

  async function enterDownload(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const visit = downloading.enter(state.access(request).principal.id)
    const place = new WorkPlace(visit)
    downloads.set(request, place)
    whenClosed(reply.raw, () => place.close())
    await awaitTurn(visit, reply)
  }

  app.get<DownloadRoute>(
    '/jmap/download/:accountId/:blobId/:name',
    { onRequest: [login, enterDownload] },
    async (request, reply) => {
      const account = accountOf(request, parts, 'read')
      const share = parts.answers.enter(account)
      const budget = parts.budgetOf(state.access(request), share)
      const work = downloads.get(request)
      work?.begin(share)
      let found: BlobPlace | undefined
      try {
        if (share.take(downloadBytes) !== undefined) throw tooMuch()
        found = await findPlace(request.params.blobId, { parts, account, budget })
      } finally {
        budget.end()
        work?.end()
      }
      checkIsThere(reply.raw)
      if (found === undefined) throw plainProblem(404, 'No such blob')
      return sendBlob(found, { request, reply, budget })
    },
  )

  void app.register(async (uploads) => {
    uploads.removeAllContentTypeParsers()
    uploads.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage) => {
      return readUpload(payload, services.limits.maxSizeUpload, placeOf(request))
    })
    uploads.post<{ Params: { accountId: string } }>(
      '/jmap/upload/:accountId/',
      { onRequest: [login, enter], bodyLimit: services.limits.maxSizeUpload },
      async (request, reply) => {
        const account = accountOf(request, parts, 'write')
        const content = (request.body as NewContent | undefined) ?? Buffer.alloc(0)
        const expiresAt = services.clock.now() + services.limits.uploadKeptMs
        const put = { op: 'putBlob', content, expiresAt } as const
        const [blob] = await placeOf(request).use(() => services.store.transact(account, [put]))
        void reply.code(201).header('cache-control', 'no-store')
        // RFC 8620 section 6.1: the type is the one that was sent, and is only told back.
        const type = request.headers['content-type']?.slice(0, 255) ?? 'application/octet-stream'
        return { accountId: account, blobId: blob.blobId, type, size: blob.size }
      },
    )
  })
}

interface DownloadRoute {
  Params: { readonly accountId: string; readonly blobId: string; readonly name: string }
  Querystring: { readonly type?: unknown }
}

async function sendBlob(
  place: BlobPlace,
  to: {
    readonly request: FastifyRequest<DownloadRoute>
    readonly reply: FastifyReply
    readonly budget: RequestBudget
  },
): Promise<FastifyReply> {
  const { request, reply, budget } = to
  void reply.headers({
    'content-type': safeMediaType(request.query.type),
    'content-disposition': attachmentDisposition(request.params.name),
    // RFC 8620 section 6.2: the content of a blob id never changes.
    'cache-control': 'private, immutable, max-age=31536000',
  })
  const size = sizeOf(place)
  if (size !== undefined) void reply.header('content-length', size)
  if (request.method === 'HEAD') return reply.send(Readable.from([]))
  return reply.send(Readable.from(outsideTurns(blobPieces(place, budget), budget)))
}

/** For a part of a message that is no email the message is read first. @throws ProblemError, MailError */
async function findPlace(
  blobId: string,
  of: { readonly parts: RouteParts; readonly account: AccountId; readonly budget: RequestBudget },
): Promise<BlobPlace | undefined> {
  if (!isId(blobId)) return undefined
  const { store, indexer } = of.parts.services
  const { account, budget } = of
  try {
    return await new BlobFinder({ store, indexer, account, budget }).find(blobId)
  } catch (error) {
    throw error instanceof BudgetExceeded ? tooMuch() : error
  }
}

function tooMuch(): ProblemError {
  return plainProblem(503, 'Too much is being downloaded', { headers: { 'retry-after': '5' } })
}

/** What one download holds: the pieces between the store and the client. */
const downloadBytes = 524_288

/** Undefined: it is known when all is decoded, and the body is sent in chunks. */
function sizeOf(place: BlobPlace): number | undefined {
  if (place.kind === 'whole') return place.size
  return isCoded(place.part) ? undefined : place.size
}

/** Read as fast as the client takes it: a turn ends before a piece is handed on, since the next one may be long in coming. */
async function* outsideTurns(
  pieces: AsyncIterable<Buffer>,
  budget: RequestBudget,
): AsyncGenerator<Buffer> {
  try {
    for await (const piece of pieces) {
      budget.end()
      if (piece.length > 0) yield piece
    }
  } finally {
    budget.end()
  }
}

/** @throws ProblemError 404 for an account that the user may not read, 403 for one that they may not write to */
function accountOf(
  request: FastifyRequest<{ Params: { readonly accountId: string } }>,
  parts: RouteParts,
  use: 'read' | 'write',
): AccountId {
  const served = servedAccount(parts.http.state.access(request), request.params.accountId)
  if (served === undefined) throw plainProblem(404, 'No such account')
  if (use === 'write' && served.isReadOnly) throw plainProblem(403, 'This account is read-only')
  return served.account.id
}
