import type { capabilities } from '../protocol/request-object.ts'
import type { CallContext } from './call-context.ts'

/** Answers arguments, or several named answers. Throws MethodError or MailError. */
export interface Method {
  readonly capability: (typeof capabilities)[keyof typeof capabilities]
  /** It changes something in the account that it is asked of. */
  readonly writes?: boolean
  run(
    args: Readonly<Record<string, unknown>>,
    context: CallContext,
  ): MethodAnswer | Promise<MethodAnswer>
}

/** Under the method's own name; `implied` is a call that follows by itself (RFC 8621 section 7.5). */
export interface MethodAnswer {
  readonly args: object
  /** It has been charged as part of the response while it was made. */
  readonly isCharged?: boolean
  readonly implied?: { readonly name: string; readonly args: Readonly<Record<string, unknown>> }
}

export type MethodTable = ReadonlyMap<string, Method>
