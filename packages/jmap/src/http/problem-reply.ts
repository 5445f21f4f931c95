import { MailError } from '@gatepost/core'
import type { Logger } from '@gatepost/telemetry'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'

import { toProblem } from '../protocol/mail-error-mapping.ts'
import { limitError, plainProblem, ProblemError, type Problem } from '../protocol/problem.ts'

/** Sends any failure as a problem document (RFC 7807). Answers what was sent. */
export function sendProblem(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
  logger: Logger,
): Problem {
  const failure = asProblem(error, request)
  const isExpected = failure === error || (error instanceof MailError && error.kind !== 'failed')
  if (failure.problem.status >= 500 && !isExpected)
    logger.error({ err: error, url: request.url.slice(0, 200) }, 'JMAP request failed')
  void reply
    .code(failure.problem.status)
    .headers(failure.headers)
    .header('content-type', 'application/problem+json')
    .header('cache-control', 'no-store')
    .send(JSON.stringify(failure.problem))
  return failure.problem
}

function asProblem(error: unknown, request: FastifyRequest): ProblemError {
  if (error instanceof ProblemError) return error
  if (error instanceof MailError) return toProblem(error)
  const { code, statusCode } = isFastifyError(error) ? error : { code: '', statusCode: 500 }
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return request.url.startsWith('/jmap/upload/')
      ? limitError('maxSizeUpload', 413)
      : limitError('maxSizeRequest')
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return plainProblem(statusCode, 'Bad request')
  return plainProblem(500, 'Something broke on our side')
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error
}
