/**
 * The part of the engine's expression language that our parser and scenarios use, for tests without an engine: literals, paths, comparisons, `in`,
 * `startsWith`, arithmetic, `? :`, and calls with a closure over the items of a list. A path that leads nowhere is '', as a field of evt.Meta is.
 */
export type Scope = Readonly<Record<string, unknown>>
export type Expression = (scope: Scope) => unknown

type Call = (args: readonly unknown[]) => unknown
interface Token {
  readonly kind: 'text' | 'number' | 'name' | 'sign'
  readonly value: string
}

const pattern =
  /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|(\d+)|(#?[A-Za-z_]\w*|#)|(&&|\|\||[=!<>]=|[-+<>!?:(),.[\]{}]))/y
const binary: readonly Readonly<Record<string, (a: unknown, b: unknown) => unknown>>[] = [
  { '||': (a, b) => a === true || b === true },
  { '&&': (a, b) => a === true && b === true },
  {
    '==': (a, b) => a === b,
    '!=': (a, b) => a !== b,
    '>=': (a, b) => Number(a) >= Number(b),
    '<=': (a, b) => Number(a) <= Number(b),
    '>': (a, b) => Number(a) > Number(b),
    '<': (a, b) => Number(a) < Number(b),
    in: (a, b) => Array.isArray(b) && b.includes(a),
    startsWith: (a, b) => String(a).startsWith(String(b)),
  },
  {
    '+': (a, b) => (typeof a === 'number' ? a + Number(b) : `${String(a)}${String(b)}`),
    '-': (a, b) => Number(a) - Number(b),
  },
]

/** @throws SyntaxError for what is not known here */
export function compile(text: string): Expression {
  const parser = new ExpressionParser(tokensOf(text))
  return parser.whole()
}

function tokensOf(text: string): Token[] {
  const tokens: Token[] = []
  pattern.lastIndex = 0
  while (text.slice(pattern.lastIndex).trim() !== '') {
    const at = pattern.lastIndex
    const match = pattern.exec(text)
    if (match === null) throw new SyntaxError(`not known: ${text.slice(at)}`)
    const [, single, double, number, name, sign = ''] = match
    if (single !== undefined || double !== undefined)
      tokens.push({ kind: 'text', value: (single ?? double ?? '').replaceAll(/\\(.)/g, '$1') })
    else if (number !== undefined) tokens.push({ kind: 'number', value: number })
    else if (name !== undefined) tokens.push({ kind: 'name', value: name })
    else tokens.push({ kind: 'sign', value: sign })
  }
  return tokens
}

class ExpressionParser {
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  whole(): Expression {
    const expression = this.#choice()
    if (this.#at < this.#tokens.length) throw new SyntaxError(`too much: ${this.#next().value}`)
    return expression
  }

  #choice(): Expression {
    const condition = this.#binary(0)
    if (!this.#takes('?')) return condition
    const yes = this.#choice()
    this.#expect(':')
    const no = this.#choice()
    return (scope) => (condition(scope) === true ? yes(scope) : no(scope))
  }

  #binary(level: number): Expression {
    const operators = binary[level]
    if (operators === undefined) return this.#unary()
    let left = this.#binary(level + 1)
    for (;;) {
      const token = this.#peek()
      const apply =
        token === undefined || token.kind === 'text' ? undefined : operators[token.value]
      if (apply === undefined) return left
      this.#at += 1
      const [a, b] = [left, this.#binary(level + 1)]
      left = (scope) => apply(a(scope), b(scope))
    }
  }

  #unary(): Expression {
    if (!this.#takes('!')) return this.#postfix(this.#primary())
    const operand = this.#unary()
    return (scope) => operand(scope) !== true
  }

  #primary(): Expression {
    // In a closure a path that begins with a dot is one of the item.
    if (this.#peek()?.value === '.') return (scope) => scope['#']
    const { kind, value } = this.#next()
    if (kind === 'text') return () => value
    if (kind === 'number') return () => Number(value)
    if (kind === 'name') return this.#peek()?.value === '(' ? this.#call(value) : nameOf(value)
    if (value === '(') {
      const inner = this.#choice()
      this.#expect(')')
      return inner
    }
    if (value !== '[') throw new SyntaxError(`not expected: ${value}`)
    const items = this.#list(']')
    return (scope) => items.map((item) => item(scope))
  }

  #call(name: string): Expression {
    this.#expect('(')
    const args = this.#list(')')
    return (scope) => {
      const call = scope[name] as Call | undefined
      if (call === undefined) throw new SyntaxError(`${name}() is not known here`)
      return call(args.map((arg) => arg(scope)))
    }
  }

  #list(end: string): Expression[] {
    const items: Expression[] = []
    while (!this.#takes(end)) {
      items.push(this.#takes('{') ? this.#closure() : this.#choice())
      this.#takes(',')
    }
    return items
  }

  #closure(): Expression {
    const body = this.#choice()
    this.#expect('}')
    return (scope) => (item: unknown) => body({ ...scope, '#': item })
  }

  #postfix(start: Expression): Expression {
    let path = start
    for (;;) {
      const of = path
      if (this.#takes('.')) {
        const key = this.#next().value
        path = (scope) => fieldOf(of(scope), key)
      } else if (this.#takes('[')) {
        const index = this.#choice()
        this.#expect(']')
        path = (scope) => fieldOf(of(scope), String(index(scope)))
      } else return path
    }
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at]
  }
  #next(): Token {
    const token = this.#peek()
    if (token === undefined) throw new SyntaxError('ends too early')
    this.#at += 1
    return token
  }
  #takes(sign: string): boolean {
    const token = this.#peek()
    if (token?.kind !== 'sign' || token.value !== sign) return false
    this.#at += 1
    return true
  }
  #expect(sign: string): void {
    if (!this.#takes(sign)) throw new SyntaxError(`${sign} is missing`)
  }
}

function nameOf(name: string): Expression {
  const constants: Readonly<Record<string, unknown>> = { nil: null, true: true, false: false }
  if (Object.hasOwn(constants, name)) return () => constants[name]
  return (scope) => scope[name] ?? ''
}

function fieldOf(of: unknown, key: string): unknown {
  if (typeof of !== 'object' || of === null || !Object.hasOwn(of, key)) return ''
  return (of as Readonly<Record<string, unknown>>)[key]
}
