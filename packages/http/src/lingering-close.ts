import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'

import type { FastifyReply, FastifyRequest } from 'fastify'

import type { HttpLimits } from './http-limits.ts'

export type LingerLimits = Pick<HttpLimits, 'lingerMs' | 'lingerBytes'>

/**
 * The answer to a request whose body is still on its way, when it is the last of its connection: it goes out whole, and ends when the body has come or a
 * bound is reached. Closed at once, the connection would be reset by what comes, and the client would never read why (RFC 9112 section 9.6).
 */
export function lingeringAnswer(
  { raw, method }: FastifyRequest,
  reply: FastifyReply,
  payload: unknown,
  limits: LingerLimits,
): unknown {
  const isLast = reply.getHeader('connection') === 'close'
  if (typeof payload !== 'string' || !isLast || raw.complete || method === 'HEAD') return payload
  const answer = Buffer.from(payload)
  void reply.header('content-length', answer.length)
  return Readable.from(linger(answer, raw, limits))
}

async function* linger(
  answer: Buffer,
  request: IncomingMessage,
  limits: LingerLimits,
): AsyncIterable<Buffer> {
  yield answer
  await drain(request, limits)
}

async function drain(
  request: IncomingMessage,
  { lingerMs, lingerBytes }: LingerLimits,
): Promise<void> {
  if (request.complete || request.destroyed) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const timer = setTimeout(resolve, lingerMs)
  let left = lingerBytes
  const count = ({ length }: Buffer): void => {
    left -= length
    if (left < 0) resolve()
  }
  request.on('data', count).once('end', resolve).once('close', resolve).once('error', resolve)
  request.resume()
  await promise
  clearTimeout(timer)
  request.off('data', count)
}
