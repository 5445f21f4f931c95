import type { MailReader } from '@gatepost/core'

import { shownKeyword, systemFlags } from '../grammar/flags.ts'

/** The keywords of an account that a client has been told of, as they were first written. */
export class KnownKeywords {
  readonly #spellings = new Map<string, string>()
  #position = 0

  /** Takes in what the account has had since; answers whether there was anything. */
  async refresh({ keywords }: MailReader): Promise<boolean> {
    const found = await keywords.after(this.#position)
    for (const { position, keyword, spelling } of found) {
      this.#position = position
      this.#spellings.set(keyword, spelling === keyword ? shownKeyword(keyword) : spelling)
    }
    return found.length > 0
  }

  /** As it goes out; takes a keyword in lower case. */
  readonly show = (keyword: string): string => this.#spellings.get(keyword) ?? shownKeyword(keyword)

  /** FLAGS and PERMANENTFLAGS (RFC 3501 section 7.2.6 and 7.1): `\*` says that a client may make keywords. */
  lines(isReadOnly: boolean): string[] {
    const flags = [systemFlags, ...this.#spellings.values()].join(' ')
    return [
      `* FLAGS (${flags})`,
      isReadOnly
        ? '* OK [PERMANENTFLAGS ()] Read-only'
        : `* OK [PERMANENTFLAGS (${flags} \\*)] Flags permitted`,
    ]
  }
}
