/** What one message may make the scanner do. What lies beyond is opaque content and the index says `isTruncated`. */
export interface MimeLimits {
  /** Multiparts and messages inside one another. */
  readonly maxDepth: number
  /** Parts of the whole message, multiparts counted. */
  readonly maxParts: number
  /** Header bytes interpreted, over all parts. The end of a header is found however long it is. */
  readonly maxHeaderBytes: number
  /** Fields interpreted in one header. */
  readonly maxHeaderFields: number
  /** Parameters read in one Content-Type or Content-Disposition. */
  readonly maxParams: number
  /** Addresses kept of the whole message, nested messages included. */
  readonly maxAddresses: number
  /** Of messages in base64 or quoted-printable that are opened, together: who reads a part of one decodes it first. */
  readonly maxEncodedMessageBytes: number
}

export const defaultLimits: MimeLimits = {
  maxDepth: 32,
  maxParts: 1_000,
  maxHeaderBytes: 1_048_576,
  maxHeaderFields: 2_000,
  maxParams: 100,
  maxAddresses: 2_000,
  maxEncodedMessageBytes: 1_048_576,
}
