/** RFC 8620 sections 5.3 and 5.4, RFC 8621 sections 2.5, 4.6, 4.8 and 7.5. */
export type SetErrorType =
  | 'forbidden'
  | 'overQuota'
  | 'tooLarge'
  | 'rateLimit'
  | 'notFound'
  | 'invalidPatch'
  | 'willDestroy'
  | 'invalidProperties'
  | 'singleton'
  | 'alreadyExists'
  | 'mailboxHasChild'
  | 'mailboxHasEmail'
  | 'blobNotFound'
  | 'tooManyKeywords'
  | 'tooManyMailboxes'
  | 'invalidEmail'
  | 'tooManyRecipients'
  | 'noRecipients'
  | 'invalidRecipients'
  | 'forbiddenMailFrom'
  | 'forbiddenFrom'
  | 'forbiddenToSend'
  | 'cannotUnsend'

/** Why one object of a /set or /import was left as it is. */
export interface SetErrorObject {
  readonly type: SetErrorType
  readonly description?: string
  /** With invalidProperties. */
  readonly properties?: readonly string[]
  /** With blobNotFound on create (RFC 8621 section 4.6). */
  readonly notFound?: readonly string[]
  /** With invalidRecipients and tooManyRecipients (RFC 8621 section 7.5). */
  readonly invalidRecipients?: readonly string[]
  readonly maxRecipients?: number
  /** With alreadyExists (RFC 8620 section 5.4). */
  readonly existingId?: string
  /** With tooLarge. */
  readonly maxSize?: number
}

export class SetError extends Error {
  readonly detail: SetErrorObject

  constructor(detail: SetErrorObject) {
    super(detail.type)
    this.detail = detail
  }
}

export function invalidProperties(properties: readonly string[], description: string): SetError {
  return new SetError({ type: 'invalidProperties', properties, description })
}
