/** A string of JSON, longer than one turn of the event loop may handle: in pieces, each as it goes into the response. */
export class LongText {
  /** What stands between the quotes. */
  readonly pieces: readonly Buffer[]
  readonly bytes: number

  constructor(pieces: readonly Buffer[]) {
    this.pieces = pieces
    this.bytes = pieces.reduce((sum, { length }) => sum + length, 0)
  }
}

/** Characters of a text in one piece. */
export const pieceLength = 32_768

/** A long text in pieces that split no surrogate pair. */
export function* piecesOf(text: string): Iterable<string> {
  for (let start = 0; start < text.length;) {
    let end = Math.min(start + pieceLength, text.length)
    const last = text.charCodeAt(end - 1)
    if (end < text.length && last >= 0xd800 && last <= 0xdbff) end--
    yield text.slice(start, end)
    start = end
  }
}

/** What a piece of text is between the quotes of JSON. */
export function escaped(piece: string): Buffer {
  const json = JSON.stringify(piece)
  return Buffer.from(json.slice(1, -1), 'utf8')
}
