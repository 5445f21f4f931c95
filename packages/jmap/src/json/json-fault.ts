/** What a document of JSON may hold. */
export interface JsonLimits {
  /** Arrays and objects inside one another. */
  readonly maxJsonDepth: number
  /** Values of all kinds together. */
  readonly maxJsonNodes: number
  /** Of one object. */
  readonly maxObjectNames: number
  /** Of one array. */
  readonly maxArrayItems: number
}

export type JsonFault =
  | { readonly kind: 'notJson' }
  | { readonly kind: 'tooDeep' }
  | { readonly kind: 'tooMany'; readonly limit: keyof JsonLimits }

/** Ends the reading of a document. */
export class JsonError extends Error {
  readonly fault: JsonFault

  constructor(fault: JsonFault) {
    super(fault.kind)
    this.fault = fault
  }
}

export function notJson(): JsonError {
  return new JsonError({ kind: 'notJson' })
}

export function tooMany(limit: keyof JsonLimits): JsonError {
  return new JsonError({ kind: 'tooMany', limit })
}
