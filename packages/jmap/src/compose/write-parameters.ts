import { quoteString } from 'nodemailer/lib/mime-funcs'

/** Of one section, so that its line stays below 78 characters (RFC 5322 section 2.1.1). */
const sectionLength = 56

/** A field with parameters, such as Content-Disposition, a line each (RFC 2045 section 5.1), with its line end. */
export function writeParameterized(
  name: string,
  value: string,
  params: Readonly<Record<string, string>>,
): string {
  const all = Object.entries(params).flatMap(([key, text]) => parameter(key, text))
  return `${[`${name}: ${value}`, ...all].join(';\r\n ')}\r\n`
}

function parameter(name: string, value: string): string[] {
  if (/^[A-Za-z0-9!#$&+.^_`{|}~-]{1,56}$/.test(value)) return [`${name}=${value}`]
  // What looks like an encoded word is read as one by many.
  if (/^[\x20-\x7e]{0,56}$/.test(value) && !value.includes('=?'))
    return [`${name}=${quoteString(value)}`]
  const sections = extendedSections(value)
  const [only = ''] = sections
  if (sections.length === 1) return [`${name}*=${only}`]
  return sections.map((section, at) => `${name}*${at}*=${section}`)
}

/** RFC 2231 sections 3 and 4: percent-encoded UTF-8, no character in two sections. */
function extendedSections(value: string): string[] {
  const sections: string[] = []
  let section = "utf-8''"
  for (const character of value.toWellFormed()) {
    const written = percentEncoded(character)
    if (section.length + written.length > sectionLength) {
      sections.push(section)
      section = ''
    }
    section += written
  }
  return [...sections, section]
}

/** RFC 2231 section 7 excludes these three, which encodeURIComponent leaves, and RFC 2045 section 5.1 the parentheses. */
function percentEncoded(character: string): string {
  return encodeURIComponent(character).replaceAll(
    /[*'()]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
