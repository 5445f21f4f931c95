import type { MailReader } from '@gatepost/core'

/** How the keywords of an account were first written, as IMAP shows them. */
export class KeywordSpellings {
  readonly #spellings = new Map<string, string>()
  #position = 0

  /** Takes in what the account has had since. */
  async refresh({ keywords }: Pick<MailReader, 'keywords'>): Promise<void> {
    for (const { position, keyword, spelling } of await keywords.after(this.#position)) {
      this.#position = position
      this.#spellings.set(keyword, spelling)
    }
  }

  spelled(keywords: readonly string[]): string[] {
    return keywords.map((keyword) => this.#spellings.get(keyword) ?? keyword)
  }
}
