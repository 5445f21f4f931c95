import type { Argument } from './argument.ts'
import { decodeMailboxName } from './mailbox-name.ts'
import { syntaxError } from './syntax-error.ts'

/** Takes the arguments of a command one after the other. Everything throws `imap.syntax` when what comes is not what is asked for. */
export class ArgumentReader {
  readonly #args: readonly Argument[]
  #at = 0

  constructor(args: readonly Argument[]) {
    this.#args = args
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#args.length
  }

  peek(): Argument | undefined {
    return this.#args[this.#at]
  }

  next(what: string): Argument {
    const argument = this.#args[this.#at]
    if (argument === undefined) throw syntaxError(`${what} is missing`)
    this.#at += 1
    return argument
  }

  rest(): readonly Argument[] {
    const rest = this.#args.slice(this.#at)
    this.#at = this.#args.length
    return rest
  }

  end(): void {
    if (!this.isAtEnd) throw syntaxError('Too many arguments')
  }

  /** RFC 3501 section 9 `astring`: one character for each byte. */
  astring(what: string): string {
    const argument = this.next(what)
    if (argument.kind === 'string') return argument.text
    if (argument.kind === 'bytes') return argument.bytes.toString('latin1')
    // A number before `:` or `,` makes the parser think of a sequence set: `1:2` is a good password too.
    if (argument.kind === 'sequence') return argument.text
    if (argument.kind === 'atom' && argument.section === undefined) return argument.text
    // NIL where no NIL can be is the text "NIL".
    if (argument.kind === 'nil') return 'NIL'
    throw syntaxError(`${what} is not a string`)
  }

  /** An astring in UTF-8, as names and passwords are. */
  text(what: string): string {
    return Buffer.from(this.astring(what), 'latin1').toString('utf8')
  }

  mailboxName(): string {
    return decodeMailboxName(this.astring('The mailbox name'))
  }

  /** Upper case. */
  atom(what: string): string {
    const argument = this.next(what)
    if (argument.kind !== 'atom' || argument.section !== undefined)
      throw syntaxError(`${what} is not an atom`)
    return argument.text.toUpperCase()
  }

  list(what: string): readonly Argument[] {
    const argument = this.next(what)
    if (argument.kind !== 'list') throw syntaxError(`${what} is not a parenthesized list`)
    return argument.items
  }

  /** The next argument if it is a list, which may be left out. */
  optionalList(): readonly Argument[] | undefined {
    return this.peek()?.kind === 'list' ? this.list('list') : undefined
  }
}
