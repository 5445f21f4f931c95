import type { JmapAbuseKind } from '@gatepost/security-crowdsec'

/** A problem document (RFC 7807). */
export interface Problem {
  readonly type: string
  readonly status: number
  readonly title?: string
  readonly detail?: string
  /** Which limit, with `urn:ietf:params:jmap:error:limit`. */
  readonly limit?: string
}

/** What a refused request says about its sender. */
export interface Abuse {
  readonly kind: JmapAbuseKind
  readonly detail: string
}

export interface ProblemOptions {
  readonly headers?: Readonly<Record<string, string>>
  /** Undefined for what may happen to anybody. */
  readonly abuse?: Abuse
}

/** Ends an HTTP request with a problem document. */
export class ProblemError extends Error {
  readonly problem: Problem
  readonly headers: Readonly<Record<string, string>>
  readonly abuse: Abuse | undefined

  constructor(problem: Problem, { headers = {}, abuse }: ProblemOptions = {}) {
    super(problem.detail ?? problem.title ?? problem.type)
    this.problem = problem
    this.headers = headers
    this.abuse = abuse
  }
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
    { headers },
  )
}
