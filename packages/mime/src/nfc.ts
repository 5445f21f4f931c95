/** Honest text has a few marks on a letter; UAX #15 section 13 counts on 30 at most. */
const maxMarks = 64
/** Of a text as short as this the order of the marks is no work. */
const shortLength = 1024

/**
 * Unicode form NFC. Putting marks in order takes the square of their number (131,072 of them: five seconds), so a text that heaps up more of them on one
 * letter than any language has stays as it is.
 */
export function toNfc(text: string): string {
  if (text.length > shortLength)
    for (const [marks] of text.matchAll(/\p{M}+/gu)) if (marks.length > maxMarks) return text
  return text.normalize('NFC')
}
