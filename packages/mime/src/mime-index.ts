/** Everything IMAP and JMAP ask of a message's structure: found once, kept as JSON. Offsets are bytes from the start of the raw message. */
export interface MimeIndex {
  /** Of this shape: an index of another version is made anew from the bytes. */
  readonly version: 3
  readonly root: MimePart
  /** Of the top-level header. */
  readonly envelope: Envelope
  /** RFC 8621 section 4.1.4: up to 256 characters of plain text, white space folded. */
  readonly preview: string
  readonly hasAttachment: boolean
  /** A limit of depth, parts or header fields was met: what lies beyond is treated as opaque content. */
  readonly isTruncated: boolean
}

export interface MimePart {
  /** IMAP section number: '' for the message itself when it is multipart, '1' when it is not, then '1.2' and so on (RFC 3501 section 6.4.5). */
  readonly section: string
  /** Lower case: 'text', 'plain'. The defaults of RFC 2045 section 5.2 and RFC 2046 section 5.1.5 are applied. */
  readonly type: string
  readonly subtype: string
  /** Content-Type parameters, names lower case, RFC 2231 decoded and joined. */
  readonly params: Readonly<Record<string, string>>
  /** Lower case: '7bit', 'base64', ... */
  readonly encoding: string
  readonly disposition: {
    readonly type: string
    readonly params: Readonly<Record<string, string>>
  } | null
  /** Without angle brackets. */
  readonly contentId: string | null
  readonly description: string | null
  readonly md5: string | null
  readonly languages: readonly string[]
  readonly location: string | null
  /** First byte of the header; first byte of the body (after the empty line); first byte after the body. */
  readonly headerStart: number
  readonly bodyStart: number
  readonly bodyEnd: number
  /** Of a body in base64 or quoted-printable, without parts: the octets that it decodes to. Else they are those that stand there. */
  readonly decodedBytes?: number
  /** Lines of the encoded body (BODYSTRUCTURE of text and message/rfc822). */
  readonly lines: number
  /** Of a multipart, in order. */
  readonly parts: readonly MimePart[]
  /** Of message/rfc822 and message/global: the message inside. */
  readonly message: InnerMessage | null
}

export interface InnerMessage {
  readonly envelope: Envelope
  readonly root: MimePart
  /** The part is in base64 or quoted-printable: the offsets inside count from the start of its decoded body. There is no such message inside another. */
  readonly isEncoded: boolean
}

/** The fields of IMAP ENVELOPE (RFC 3501 section 7.4.2), decoded: encoded words of RFC 2047 and raw UTF-8 (RFC 6532) become text. */
export interface Envelope {
  /** As written, unfolded. */
  readonly date: string | null
  /** Milliseconds since 1970; null when absent or unreadable. */
  readonly sentAt: number | null
  /** Midnight UTC of the calendar day written in Date, without its zone: for SENTON and its like. */
  readonly sentDay: number | null
  readonly subject: string | null
  /** When an encoded word of the subject could not be decoded: the subject as written, unfolded, of ASCII. */
  readonly subjectAsWritten?: string
  readonly from: readonly Address[]
  readonly sender: readonly Address[]
  readonly replyTo: readonly Address[]
  /** To, Cc and Bcc: of all fields of the name. */
  readonly to: readonly Address[]
  readonly cc: readonly Address[]
  readonly bcc: readonly Address[]
  /** Where there are several fields of the name: how many of the addresses stand in those before the last. */
  readonly earlier?: { readonly to?: number; readonly cc?: number; readonly bcc?: number }
  /** As written. */
  readonly inReplyTo: string | null
  /** As written. */
  readonly messageId: string | null
  /** Ids without angle brackets, for threads (RFC 5256) and JMAP: of Message-ID, In-Reply-To, References. */
  readonly messageIds: readonly string[]
  readonly inReplyToIds: readonly string[]
  readonly referenceIds: readonly string[]
}

/** A mailbox, or the start or end of a group (RFC 5322 section 3.4), in the order written, as IMAP lists them. */
export type Address =
  | {
      readonly kind: 'mailbox'
      readonly name: string | null
      /** As `subjectAsWritten`. */
      readonly nameAsWritten?: string
      readonly local: string
      readonly domain: string
      /** The source route (RFC 5322 section 4.4): `@a.example,@b.example`. */
      readonly route?: string
    }
  | { readonly kind: 'groupStart'; readonly name: string; readonly nameAsWritten?: string }
  | { readonly kind: 'groupEnd' }
