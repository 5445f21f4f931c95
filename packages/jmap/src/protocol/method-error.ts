/** RFC 8620 sections 3.6.2, 5.1 to 5.6, and RFC 8621. */
export type MethodErrorType =
  | 'serverUnavailable'
  | 'serverFail'
  | 'unknownMethod'
  | 'invalidArguments'
  | 'invalidResultReference'
  | 'accountNotFound'
  | 'accountNotSupportedByMethod'
  | 'accountReadOnly'
  | 'requestTooLarge'
  | 'stateMismatch'
  | 'cannotCalculateChanges'
  | 'anchorNotFound'
  | 'unsupportedSort'
  | 'unsupportedFilter'

/** Ends one method call: the client gets `["error", {type, description}, callId]`. */
export class MethodError extends Error {
  readonly type: MethodErrorType

  constructor(type: MethodErrorType, description: string = '') {
    super(description)
    this.type = type
  }
}
