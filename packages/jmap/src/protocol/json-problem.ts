import { type ProblemError } from '@gatepost/http'

import type { JsonFault } from '../json/json-fault.ts'
import { limitError, requestError } from './problem.ts'

/** Why a request was not read (RFC 8620 section 3.6.1). */
export function jsonProblem(fault: JsonFault): ProblemError {
  switch (fault.kind) {
    case 'notJson':
      return requestError('notJSON', 'This is no I-JSON')
    case 'tooDeep':
      return requestError('notRequest', 'Nested too deep')
    case 'tooMany':
      return limitError(fault.limit)
  }
}
