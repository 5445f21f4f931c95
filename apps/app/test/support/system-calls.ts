/** What a thread asked of the kernel. */
export interface SystemCall {
  readonly name: string
  readonly descriptor: number
  /** What the descriptor is: a path, or `socket:[number]`. */
  readonly file: string
  /** What follows the descriptor, as strace writes it. */
  readonly args: string
  /** -1 when it failed, or when the trace ended before it did. */
  readonly result: number
  /** Places in the order of everything that began and ended. */
  readonly start: number
  readonly end: number
}

interface Begun {
  readonly start: number
  readonly text: string
}

/** Reads what `strace -f -y -o FILE` writes, a line at a time. Calls that are not about a descriptor are passed over. */
export class SystemCallReader {
  readonly #calls: SystemCall[] = []
  readonly #begun = new Map<string, Begun>()
  #place = 0

  add(line: string): void {
    this.#place += 1
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/s.exec(line) ?? []
    const cut = / ?<(?:unfinished|detached) \.\.\.>(?:\) += \?)?$/.exec(text)
    const resumed = /^<\.\.\. \w+ resumed>/.exec(text)
    if (resumed !== null) {
      const begun = this.#begun.get(thread)
      this.#begun.delete(thread)
      if (begun !== undefined)
        this.#keep(`${begun.text}${text.slice(resumed[0].length)}`, begun.start, this.#place)
    } else if (cut !== null)
      this.#begun.set(thread, { start: this.#place, text: text.slice(0, cut.index) })
    else this.#keep(text, this.#place, this.#place)
  }

  /** In the order of their starts. */
  calls(): readonly SystemCall[] {
    for (const { text, start } of this.#begun.values()) this.#keep(text, start, Infinity)
    this.#begun.clear()
    return this.#calls.toSorted((one, other) => one.start - other.start)
  }

  #keep(text: string, start: number, end: number): void {
    const [head = '', name = '', descriptor = '', file = ''] =
      /^(\w+)\((\d+)<((?:[^>\\]|\\.)*)>(?:, )?/.exec(text) ?? []
    if (name === '') return
    // Of who was killed meanwhile: `= ?`.
    const tail = /\) += (?:(-?\d+)|\?)[^"]*$/.exec(text)
    this.#calls.push({
      name,
      descriptor: Number(descriptor),
      file,
      args: text.slice(head.length, tail?.index),
      result: Number(tail?.[1] ?? -1),
      start,
      end: tail?.[1] === undefined ? Infinity : end,
    })
  }
}

const escapes: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  f: '\f',
}

/** All strings among the arguments, one after the other, with their bytes. @throws Error when strace has cut one off */
export function bytesIn(args: string): Buffer {
  const parts: Buffer[] = []
  for (const [, text = '', isCut] of args.matchAll(/"((?:[^"\\]|\\.)*)"(\.\.\.)?/gs)) {
    if (isCut !== undefined) throw new Error('strace has cut off what was written')
    const bytes = text.replaceAll(/\\([0-7]{1,3}|.)/gs, (_all, code: string) =>
      /^[0-7]/.test(code) ? String.fromCharCode(Number.parseInt(code, 8)) : (escapes[code] ?? code),
    )
    parts.push(Buffer.from(bytes, 'latin1'))
  }
  return Buffer.concat(parts)
}
