import type { Argument } from './argument.ts'
import { syntaxError } from './syntax-error.ts'

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

// RFC 3501 section 9: date-day-fixed "-" date-month "-" date-year SP time SP zone
const dateTime =
  /^( \d|\d\d)-([A-Za-z]{3})-(\d{4}) ([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60) ([+-])([01]\d|2[0-3])([0-5]\d)$/

// RFC 3501 section 9: date-day "-" date-month "-" date-year
const dateOnly = /^(\d{1,2})-([A-Za-z]{3})-(\d{4})$/

/** Years have four digits. */
const earliest = Date.parse('0000-01-01T00:00:00Z')
const latest = Date.parse('9999-12-31T23:59:59Z')

export interface DateTime {
  /** Milliseconds since 1970. */
  readonly at: number
  /** East of UTC. */
  readonly zoneMinutes: number
}

/** The date-time of APPEND. @throws MailError invalid `imap.syntax` */
export function parseDateTime(argument: Argument): DateTime {
  const match = argument.kind === 'string' ? dateTime.exec(argument.text) : null
  if (match === null) throw syntaxError('Not a date-time')
  const [, day, month, year, hour, minute, second, sign, zoneHour, zoneMinute] = match
  const east = Number(zoneHour) * 60 + Number(zoneMinute)
  // Never -0.
  const zoneMinutes = sign === '-' ? 0 - east : east
  const minutes = Number(hour) * 60 + Number(minute) - zoneMinutes
  const at = midnight(year, month, day) + (minutes * 60 + Number(second)) * 1000
  if (at < earliest || at > latest) throw syntaxError('The date-time is out of range')
  return { at, zoneMinutes }
}

/** The date of SEARCH, quoted or not: midnight UTC in milliseconds since 1970. @throws MailError invalid `imap.syntax` */
export function parseDate(argument: Argument): number {
  const isText = argument.kind === 'string' || argument.kind === 'atom'
  const match = isText ? dateOnly.exec(argument.text) : null
  if (match === null) throw syntaxError('Not a date')
  const [, day, month, year] = match
  return midnight(year, month, day)
}

/** INTERNALDATE with quotes, on the clock of its zone. What no year of four digits can show is shown as the nearest that can. */
export function formatDateTime({ at, zoneMinutes }: DateTime): string {
  const there = at + zoneMinutes * 60_000
  const date = new Date(Math.min(Math.max(there, earliest), latest))
  const day = date.getUTCDate()
  const year = date.getUTCFullYear()
  const seconds = Math.floor(date.getTime() / 1000)
  const ofDay = ((seconds % 86_400) + 86_400) % 86_400
  return (
    `"${day < 10 ? ' ' : ''}${day}-${months[date.getUTCMonth()] ?? ''}-` +
    `${year < 1000 ? String(year).padStart(4, '0') : year} ` +
    `${twoDigits(Math.floor(ofDay / 3600))}:${twoDigits(Math.floor(ofDay / 60) % 60)}:${twoDigits(ofDay % 60)} ${zoneText(zoneMinutes)}"`
  )
}

function zoneText(zoneMinutes: number): string {
  const minutes = Math.abs(zoneMinutes)
  return `${zoneMinutes < 0 ? '-' : '+'}${twoDigits(Math.floor(minutes / 60))}${twoDigits(minutes % 60)}`
}

function midnight(
  year: string | undefined,
  month: string | undefined,
  day: string | undefined,
): number {
  const monthIndex = months.findIndex((name) => name.toLowerCase() === month?.toLowerCase())
  const date = new Date(0)
  // Date.UTC would take the year 99 for 1999.
  date.setUTCFullYear(Number(year), monthIndex, Number(day))
  if (monthIndex === -1 || date.getUTCDate() !== Number(day)) throw syntaxError('No such day')
  return date.getTime()
}

function twoDigits(number: number): string {
  return number < 10 ? `0${number}` : String(number)
}
