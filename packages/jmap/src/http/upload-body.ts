import type { IncomingMessage } from 'node:http'
import { setImmediate } from 'node:timers/promises'

import { plainProblem } from '@gatepost/http'

import { limitError } from '../protocol/problem.ts'
import type { UploadPlace } from './upload-room.ts'

/** Waits for memory. @throws ProblemError 503 */
export async function takeRoom(place: UploadPlace, bytes: number): Promise<void> {
  if (await place.take(bytes)) return
  throw plainProblem(503, 'Too much is being uploaded', { headers: { 'retry-after': '10' } })
}

/** What is copied in one turn of the event loop. */
const copiedAtOnce = 4_194_304

/** The body of an upload, put together as it comes: joining the pieces of 50 MB at the end would hold the event loop. @throws ProblemError */
export async function readUpload(
  payload: IncomingMessage,
  maxBytes: number,
  place: UploadPlace,
): Promise<Buffer> {
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
): Promise<Buffer> {
  const length = payload.headers['content-length']
  if (length === undefined) return readOfUnknownLength(payload, maxBytes, place)
  // Node holds the client to it.
  const bytes = Number(length)
  if (bytes > maxBytes) throw limitError('maxSizeUpload', 413)
  const whole = Buffer.allocUnsafeSlow(bytes)
  let at = 0
  for await (const piece of payload) at += (piece as Buffer).copy(whole, at)
  return whole.subarray(0, at)
}

async function readOfUnknownLength(
  payload: IncomingMessage,
  maxBytes: number,
  place: UploadPlace,
): Promise<Buffer> {
  const pieces: Buffer[] = []
  let bytes = 0
  // Not destroyed when it is too much: the client is still to hear so.
  const coming = payload.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
  for await (const piece of coming) {
    bytes += piece.length
    if (bytes > maxBytes) throw limitError('maxSizeUpload', 413)
    await takeRoom(place, piece.length)
    pieces.push(piece)
  }
  const whole = Buffer.allocUnsafeSlow(bytes)
  let at = 0
  let copied = 0
  for (const piece of pieces) {
    at += piece.copy(whole, at)
    copied += piece.length
    if (copied < copiedAtOnce) continue
    copied = 0
    await setImmediate()
  }
  return whole
}
