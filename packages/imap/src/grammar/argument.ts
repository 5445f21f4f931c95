/**
 * An argument of a command. `text` has one character for each byte (latin1): UTF-8 is decoded by who knows that it is text, see `utf8Of`.
 * RFC 3501 section 9.
 */
export type Argument =
  | {
      readonly kind: 'atom'
      readonly text: string
      /** Of `BODY[...]`, `BODY.PEEK[...]`, `BINARY[...]`, `BINARY.PEEK[...]`. */
      readonly section?: readonly Argument[]
      /** `<start.count>`. */
      readonly partial?: readonly number[]
    }
  /** Quoted or literal. */
  | { readonly kind: 'string'; readonly text: string }
  /** A literal of APPEND. */
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  /** `1:5,9:*`, and never a single number, which is an atom; not checked any further. */
  | { readonly kind: 'sequence'; readonly text: string }
  | { readonly kind: 'nil' }
  | { readonly kind: 'list'; readonly items: readonly Argument[] }
