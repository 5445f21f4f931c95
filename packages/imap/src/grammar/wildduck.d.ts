/** What we use of WildDuck's IMAP handler, which has no types of its own. */
declare module '@zone-eu/wildduck/imap-core/lib/handler/imap-handler.js' {
  export interface ParsedNode {
    readonly type: 'ATOM' | 'STRING' | 'LITERAL' | 'SEQUENCE' | 'TEXT'
    readonly value: string | Buffer
    readonly section?: readonly ParsedAttribute[]
    readonly partial?: readonly number[]
  }
  export type ParsedAttribute = ParsedNode | null | readonly ParsedAttribute[]
  export interface ParsedCommand {
    readonly tag: string
    readonly command: string
    readonly attributes?: readonly ParsedAttribute[]
  }

  /** What the compiler writes: a node, NIL for null, a parenthesized list for an array. */
  export type CompilerNode =
    | {
        readonly type: 'ATOM' | 'STRING' | 'LITERAL' | 'NUMBER' | 'TEXT'
        readonly value: string | number | Buffer
      }
    | null
    | readonly CompilerNode[]

  const handler: {
    /**
     * `line` has one character for each byte; a literal stands in it as `{n}` CRLF and its content comes from `literals`, which is emptied.
     * @throws Error for anything that is not IMAP
     */
    parser(
      line: string,
      options: { readonly literals: Buffer[]; readonly literalPlus: boolean },
    ): ParsedCommand
    /** One character for each byte, without a line end. */
    compiler(response: {
      readonly tag?: string
      readonly command?: string
      readonly attributes: readonly CompilerNode[]
    }): string
  }
  export default handler
}
