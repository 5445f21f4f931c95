/** A problem document (RFC 7807). */
export interface Problem {
  readonly type: string
  readonly status: number
  readonly title?: string
  readonly detail?: string
  /** Which limit, with `urn:ietf:params:jmap:error:limit`. */
  readonly limit?: string
}

/** Ends an HTTP request with a problem document. */
export class ProblemError extends Error {
  readonly problem: Problem
  readonly headers: Readonly<Record<string, string>>

  constructor(problem: Problem, headers: Readonly<Record<string, string>> = {}) {
    super(problem.detail ?? problem.title ?? problem.type)
    this.problem = problem
    this.headers = headers
  }
}

/** RFC 8620 section 3.6.1. */
export function requestError(
  kind: 'notJSON' | 'notRequest' | 'unknownCapability',
  detail: string,
): ProblemError {
  return new ProblemError({ type: `urn:ietf:params:jmap:error:${kind}`, status: 400, detail })
}

export function limitError(limit: string, status: number = 400): ProblemError {
  return new ProblemError({
    type: 'urn:ietf:params:jmap:error:limit',
    status,
    limit,
    detail: `More than ${limit} allows`,
  })
}

/** A problem without a type of its own (RFC 7807 section 4.2). */
export function plainProblem(
  status: number,
  title: string,
  options: { readonly detail?: string; readonly headers?: Readonly<Record<string, string>> } = {},
): ProblemError {
  const { detail, headers = {} } = options
  return new ProblemError(
    { type: 'about:blank', status, title, ...(detail === undefined ? {} : { detail }) },
    headers,
  )
}
