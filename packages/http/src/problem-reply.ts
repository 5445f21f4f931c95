import type { Logger } from '@gatepost/telemetry'
import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify'

import type { HttpModule } from './http-module.ts'
import { plainProblem, ProblemError } from './problem.ts'

export interface ProblemReplyOptions {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly modules: readonly Pick<HttpModule, 'problemOf'>[]
  readonly logger: Logger
}

/** Sends any failure as a problem document (RFC 7807). Answers what was sent. */
export function sendProblem(
  error: unknown,
  { request, reply, modules, logger }: ProblemReplyOptions,
): ProblemError {
  const known = error instanceof ProblemError ? error : problemOfModules(error, modules, request)
  const failure = known ?? frameworkProblem(error)
  if (failure.problem.status >= 500 && known === undefined)
    logger.error({ err: error, url: request.url.slice(0, 200) }, 'HTTP request failed')
  void reply
    .code(failure.problem.status)
    .headers(failure.headers)
    .header('content-type', 'application/problem+json')
    .header('cache-control', 'no-store')
    .send(JSON.stringify(failure.problem))
  return failure
}

function problemOfModules(
  error: unknown,
  modules: ProblemReplyOptions['modules'],
  request: FastifyRequest,
): ProblemError | undefined {
  for (const { problemOf } of modules) {
    const problem = problemOf?.(error, request)
    if (problem !== undefined) return problem
  }
  return undefined
}

function frameworkProblem(error: unknown): ProblemError {
  const { statusCode = 500 } = isFastifyError(error) ? error : {}
  if (statusCode === 413) return plainProblem(413, 'Too large')
  if (statusCode >= 400 && statusCode < 500) return plainProblem(statusCode, 'Bad request')
  return plainProblem(500, 'Something broke on our side')
}

function isFastifyError(error: unknown): error is FastifyError {
  return error instanceof Error && 'code' in error
}
