const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
}

/** Text as it may stand in an element or an attribute. Characters that XML 1.0 section 2.2 does not know are left out. */
export function xmlText(text: string): string {
  return text
    .replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '')
    .replaceAll(/[&<>"']/g, (character) => entities[character] ?? '')
}

/** The text of the first element of this name, without its namespace prefix; undefined when there is none or it holds other elements. */
export function elementText(xml: string, name: string): string | undefined {
  const found = new RegExp(
    `<(?:\\w{1,32}:)?${name}(?:\\s[^<>]{0,512})?>([^<>]{0,512})</`,
    'i',
  ).exec(xml)
  return found?.[1]
    ?.replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&apos;', "'")
    .replaceAll('&amp;', '&')
    .trim()
}
