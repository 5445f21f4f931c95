export function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`
}

/** What a terminal takes for a command, a line end, or a change of the direction of writing; not LF. */
const commanding =
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Names of mailboxes and files are foreign text: none of it commands the terminal. */
export function printable(text: string): string {
  return text.replaceAll(commanding, '?')
}

/** The same value for whoever reads JSON. */
export function printableJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(
    commanding,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
