import type { ModSeq } from '../ids.ts'

/** What JSON can say (RFC 8259). */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue }

/**
 * A small object of an account that is no mail: an Identity, a script, an extension's own. What a body means is its type's to say.
 * `type`: 1 to 64 characters of `A-Za-z0-9.-_:`; `id`: 1 to 255 of printable ASCII without the space, unique among those of the type.
 * The body is 65,536 bytes of JSON at most, in at most 64 levels; an account has at most 1,000 records of a type. They are not part of its quota.
 */
export interface AccountRecord {
  readonly type: string
  readonly id: string
  /** Of the last change. */
  readonly modSeq: ModSeq
  readonly body: JsonValue
}
