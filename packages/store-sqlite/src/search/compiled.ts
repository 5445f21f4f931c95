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
