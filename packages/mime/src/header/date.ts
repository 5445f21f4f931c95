/** A date field as an instant and as the day its author wrote. */
export interface MailDate {
  /** Milliseconds since 1970. */
  readonly at: number
  /** Midnight UTC of the calendar day as written, the zone disregarded. */
  readonly day: number
  readonly offsetMinutes: number
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

/** RFC 5322 section 4.3; any other name counts as -0000. */
const zones: ReadonlyMap<string, number> = new Map([
  ['EST', -300],
  ['EDT', -240],
  ['CST', -360],
  ['CDT', -300],
  ['MST', -420],
  ['MDT', -360],
  ['PST', -480],
  ['PDT', -420],
])

const standard =
  /^(?:[a-z]+\.? ?,? ?)?(\d{1,2})[ -]([a-z]{3})[a-z]*\.?[ -](\d{2,4}),? (\d{1,2})[:.](\d{2})(?:[:.](\d{2})(?:\.\d+)?)? ?(.*)$/i
// What C's asctime writes: Thu Nov 24 18:22:48 2026
const asctime =
  /^[a-z]{3} ([a-z]{3}) (\d{1,2}) (\d{2}):(\d{2}):(\d{2}) (?:([a-z]{3,4}|[+-]\d{4}) )?(\d{4})/i

/** A date of RFC 5322 section 3.3, the obsolete forms of section 4.3, and a few common mistakes; null when unreadable. */
export function parseDate(text: string): MailDate | null {
  const plain = withoutComments(text.slice(0, 256)).replace(/\s+/g, ' ').trim()
  const s = standard.exec(plain)
  if (s !== null) {
    return build([s[3], s[2], s[1], s[4], s[5], s[6]], s[7] ?? '')
  }
  const a = asctime.exec(plain)
  return a === null ? null : build([a[7], a[1], a[2], a[3], a[4], a[5]], a[6] ?? '')
}

/** [year, month name, day, hour, minute, second] as written. */
function build(fields: readonly (string | undefined)[], zone: string): MailDate | null {
  const [yearText = '', monthText = '', ...rest] = fields
  const [day = 0, hour = 0, minute = 0, second = 0] = rest.map((field) => Number(field ?? 0))
  const month = months.indexOf(monthText.toLowerCase())
  if (month === -1 || hour > 23 || minute > 59 || second > 60) return null
  const midnight = Date.UTC(fullYear(yearText), month, day)
  if (new Date(midnight).getUTCDate() !== day) return null
  const offsetMinutes = zoneOffset(zone)
  const at = midnight + ((hour * 60 + minute - offsetMinutes) * 60 + second) * 1000
  return { at, day: midnight, offsetMinutes }
}

// RFC 5322 section 4.3
function fullYear(text: string): number {
  const year = Number(text)
  if (text.length === 2) return year < 50 ? 2000 + year : 1900 + year
  return text.length === 3 ? 1900 + year : year
}

function zoneOffset(zone: string): number {
  const numeric = /^(?:GMT|UTC?)? ?([+-])(\d{2}):?(\d{2})/i.exec(zone)
  if (numeric !== null) {
    const minutes = Number(numeric[2]) * 60 + Number(numeric[3])
    if (minutes === 0) return 0
    return numeric[1] === '-' ? -minutes : minutes
  }
  return zones.get(/^[a-z]+/i.exec(zone)?.[0].toUpperCase() ?? '') ?? 0
}

function withoutComments(text: string): string {
  if (!text.includes('(')) return text
  let out = ''
  let depth = 0
  for (const c of text) {
    if (c === '(') depth++
    else if (c === ')') depth = Math.max(0, depth - 1)
    else if (depth === 0) out += c
  }
  return out
}
