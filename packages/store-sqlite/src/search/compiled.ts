import type { SQLInputValue } from 'node:sqlite'

/** A piece of SQL with its parameters in order. */
export interface Compiled {
  readonly text: string
  readonly params: readonly SQLInputValue[]
}

export function sqlPiece(text: string, ...params: SQLInputValue[]): Compiled {
  return { text, params }
}

export function joinPieces(pieces: readonly Compiled[], between: string): Compiled {
  return {
    text: pieces.map((piece) => piece.text).join(between),
    params: pieces.flatMap((piece) => piece.params),
  }
}

/** As `joinPieces`, as a tree that is no deeper than it has to be: SQLite refuses one of a thousand levels, and a chain is one. */
export function joinBalanced(pieces: readonly Compiled[], between: string): Compiled {
  if (pieces.length <= 2) return joinPieces(pieces, between)
  const middle = Math.ceil(pieces.length / 2)
  const halves = [pieces.slice(0, middle), pieces.slice(middle)].map((half) => {
    const { text, params } = joinBalanced(half, between)
    return sqlPiece(`(${text})`, ...params)
  })
  return joinPieces(halves, between)
}
