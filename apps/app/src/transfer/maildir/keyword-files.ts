import { join } from 'node:path'

import { openToWrite, readRegularText } from '../regular-file.ts'
import { replaceFile } from '../replace-file.ts'
import { hasLetter } from './flags.ts'

/** Dovecot's: a line `0 keyword` for the letter `a`, and so on to `z`. */
const lettersName = 'dovecot-keywords'
/** Ours: what the 26 letters of a folder have no room for, a line `base<TAB>keyword keyword` for each message, the last one of several. */
const moreName = 'gatepost-keywords'
const maxLetters = 26
/** Of one of these files. */
const maxKeywordBytes = 67_108_864
const firstLetter = 'a'.charCodeAt(0)
const allLetters: readonly string[] = Array.from({ length: maxLetters }, (_, at) =>
  String.fromCharCode(firstLetter + at),
)

export interface FolderKeywords {
  readonly byLetter: ReadonlyMap<string, string>
  /** By the base of a message's name. */
  readonly more: ReadonlyMap<string, readonly string[]>
}

export async function readFolderKeywords(folder: string): Promise<FolderKeywords> {
  const letters = await readText(join(folder, lettersName))
  const byLetter = new Map<string, string>()
  for (const line of letters.split('\n')) {
    const [, number, keyword] = /^(\d{1,2}) (\S+)\s*$/.exec(line) ?? []
    if (number === undefined || keyword === undefined || Number(number) >= maxLetters) continue
    byLetter.set(String.fromCharCode(firstLetter + Number(number)), keyword)
  }
  const more = new Map<string, readonly string[]>()
  for (const line of (await readText(join(folder, moreName))).split('\n')) {
    const [base, keywords] = line.split('\t')
    if (base !== undefined && keywords !== undefined) more.set(base, keywords.split(' '))
  }
  return { byLetter, more }
}

/** Gives letters to the keywords of a folder that is being written; its files say it before any message uses them. */
export class KeywordLetters {
  readonly #folder: string
  /** By keyword in lower case. */
  readonly #letters = new Map<string, { readonly letter: string; readonly spelling: string }>()

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(folder: string): Promise<KeywordLetters> {
    const letters = new KeywordLetters(folder)
    const { byLetter } = await readFolderKeywords(folder)
    for (const [letter, keyword] of byLetter) letters.#give(keyword, letter)
    return letters
  }

  /** Letters for all of them, keywords that have none in `more`. */
  lettersOf(keywords: readonly string[]): { readonly letters: string[]; readonly more: string[] } {
    const others = keywords.filter((keyword) => !hasLetter(keyword))
    return {
      letters: others.flatMap((keyword) => this.#letters.get(keyword.toLowerCase())?.letter ?? []),
      more: others.filter((keyword) => !this.#has(keyword)),
    }
  }

  /** Makes room for what these messages have, as far as there is some. */
  async prepare(messages: readonly { readonly keywords: readonly string[] }[]): Promise<void> {
    const wanted = new Set(messages.flatMap(({ keywords }) => keywords))
    const fresh = [...wanted].filter((keyword) => !hasLetter(keyword) && !this.#has(keyword))
    if (fresh.length === 0 || this.#letters.size >= maxLetters) return
    const taken = new Set([...this.#letters.values()].map(({ letter }) => letter))
    const free = allLetters.filter((letter) => !taken.has(letter))
    for (const [at, letter] of free.entries()) {
      const keyword = fresh[at]
      if (keyword !== undefined) this.#give(keyword, letter)
    }
    const lines = [...this.#letters.values()].map(
      ({ letter, spelling }) => `${letter.charCodeAt(0) - firstLetter} ${spelling}\n`,
    )
    await replaceFile(join(this.#folder, lettersName), lines.join(''))
  }

  async note(base: string, more: readonly string[]): Promise<void> {
    const file = await openToWrite(join(this.#folder, moreName), 'append')
    try {
      // On a line of its own, though an earlier one may have been cut off on a full disk.
      await file.appendFile(`\n${base}\t${more.join(' ')}\n`)
      await file.datasync()
    } finally {
      await file.close()
    }
  }

  #has(keyword: string): boolean {
    return this.#letters.has(keyword.toLowerCase())
  }

  #give(spelling: string, letter: string): void {
    this.#letters.set(spelling.toLowerCase(), { letter, spelling })
  }
}

async function readText(path: string): Promise<string> {
  return await readRegularText(path, maxKeywordBytes)
}
