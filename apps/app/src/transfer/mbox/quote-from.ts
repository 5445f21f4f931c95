const quotable = /^>*From /m

/** mboxrd: a line that begins with `From `, behind any number of `>`, gets one more. Reversible. */
export function quoteFrom(text: Buffer): Buffer {
  return replaced(text, /^>*From /gm, (line) => `>${line}`)
}

export function unquoteFrom(text: Buffer): Buffer {
  return replaced(text, /^>+From /gm, (line) => line.slice(1))
}

/** A character stands for a byte. Only LF begins a line: `^` with `m` takes CR for one as well. */
function replaced(text: Buffer, pattern: RegExp, change: (line: string) => string): Buffer {
  if (!text.includes('From ')) return text
  const characters = text.toString('latin1')
  if (!quotable.test(characters)) return text
  const result = characters.replaceAll(pattern, (line, at: number) =>
    at === 0 || characters[at - 1] === '\n' ? change(line) : line,
  )
  return Buffer.from(result, 'latin1')
}
