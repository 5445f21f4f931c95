import type { IncomingMessage } from 'node:http'

import type { NewContent } from '@gatepost/core'
import { plainProblem, type ProblemError } from '@gatepost/http'
import type { SpoolFile } from '@gatepost/spool'

import { limitError } from '../protocol/problem.ts'
import type { UploadPlace } from './upload-room.ts'

/** Waits for room. @throws ProblemError 503 */
export async function takeRoom(place: UploadPlace, bytes: number): Promise<void> {
  if (!(await place.take(bytes))) throw noRoom()
}

function noRoom(): ProblemError {
  return plainProblem(503, 'Too much is being uploaded', { headers: { 'retry-after': '10' } })
}

/**
 * The body of an upload: a large one in a file, a small one put together as it comes.
 * @throws ProblemError; MailError busy `spool.full`
 */
export async function readUpload(
  payload: IncomingMessage,
  maxBytes: number,
  place: UploadPlace,
): Promise<NewContent> {
  try {
    return await readBody(payload, maxBytes, place)
  } catch (error) {
    // The client went away: nobody hears it, and it is no fault of ours.
    if (payload.destroyed && !payload.complete) throw plainProblem(400, 'The body has no end')
    throw error
  }
}

async function readBody(
  payload: IncomingMessage,
  maxBytes: number,
  place: UploadPlace,
): Promise<NewContent> {
  const length = payload.headers['content-length']
  if (length === undefined) return readOfUnknownLength(payload, maxBytes, place)
  // Node holds the client to it.
  const bytes = Number(length)
  if (bytes > maxBytes) throw limitError('maxSizeUpload', 413)
  if (place.file !== undefined) {
    for await (const piece of inPieces(payload)) if (!(await place.write(piece))) throw noRoom()
    return contentOf(place.file)
  }
  const whole = Buffer.allocUnsafeSlow(bytes)
  let at = 0
  for await (const piece of payload) at += (piece as Buffer).copy(whole, at)
  return whole.subarray(0, at)
}

async function readOfUnknownLength(
  payload: IncomingMessage,
  maxBytes: number,
  place: UploadPlace,
): Promise<NewContent> {
  const pieces: Buffer[] = []
  let bytes = 0
  for await (const piece of inPieces(payload)) {
    if (bytes + piece.length > maxBytes) throw limitError('maxSizeUpload', 413)
    if (!(await place.takeMore(piece, { pieces, bytes }))) throw noRoom()
    bytes += piece.length
    if (place.file === undefined) pieces.push(piece)
    else pieces.length = 0
  }
  return place.file === undefined ? Buffer.concat(pieces) : contentOf(place.file)
}

/** The payload is not destroyed when it is too much: the client is still to hear so. */
function inPieces(payload: IncomingMessage): AsyncIterable<Buffer> {
  return payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
}

async function contentOf(file: SpoolFile): Promise<NewContent> {
  await file.written()
  return file.content([], 0)
}
