import { ProblemError } from '@gatepost/http'

/** RFC 8620 section 3.6.1. */
export function requestError(
  kind: 'notJSON' | 'notRequest' | 'unknownCapability',
  detail: string,
): ProblemError {
  return new ProblemError(
    { type: `urn:ietf:params:jmap:error:${kind}`, status: 400, detail },
    kind === 'unknownCapability' ? {} : { abuse: { kind: 'malformed', detail: kind } },
  )
}

export function limitError(limit: string, status: number = 400): ProblemError {
  return new ProblemError(
    {
      type: 'urn:ietf:params:jmap:error:limit',
      status,
      limit,
      detail: `More than ${limit} allows`,
    },
    { abuse: { kind: 'limit', detail: limit } },
  )
}
