import type { ReceivedTime } from '../mail-item.ts'
import { parseZone, usableZone } from '../zone-text.ts'

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const
const months = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
] as const

const maxLength = 1_000
/** The end of the year 9999: four digits are all there is. */
const lastMs = 253_402_300_799_999
const monthNames = months.join('|')
const asctime = new RegExp(
  ` (?:${days.join('|')}),? +(?<month>${monthNames}) +(?<day>\\d{1,2}) +(?<hour>\\d{1,2}):(?<minute>\\d\\d)(?::(?<second>\\d\\d))? (?<rest>.{0,40})$`,
)
/** RFC 5322 section 3.3, as some programs have it. */
const internetDate = new RegExp(
  ` (?:(?:${days.join('|')}), *)?(?<day>\\d{1,2}) +(?<month>${monthNames}) +(?<year>\\d{4}) +(?<hour>\\d{1,2}):(?<minute>\\d\\d)(?::(?<second>\\d\\d))?(?<rest>.{0,40})$`,
)
const zoneText = /(?:^|[ ])([+-]\d{4})(?=[ ]|$)/

/** A line that begins a message, or looks like one that does. */
export interface FromLine {
  /** Undefined for Thunderbird's, which is `From ` and nothing else in its newer versions. */
  readonly received: ReceivedTime | undefined
}

/** RFC 4155 appendix A: who sent it is not known here; the time is UTC, in whole seconds. */
export function formatFromLine(receivedAt: number): string {
  const date = new Date(receivedAt >= 0 && receivedAt <= lastMs ? receivedAt : 0)
  const day = days[date.getUTCDay()] ?? 'Thu'
  const month = months[date.getUTCMonth()] ?? 'Jan'
  const time = [date.getUTCHours(), date.getUTCMinutes(), date.getUTCSeconds()]
    .map((part) => String(part).padStart(2, '0'))
    .join(':')
  const dayOfMonth = String(date.getUTCDate()).padStart(2, ' ')
  const year = String(date.getUTCFullYear()).padStart(4, '0')
  return `From MAILER-DAEMON ${day} ${month} ${dayOfMonth} ${time} ${year}`
}

/** Undefined for any other line: many a text begins with `From `. */
export function parseFromLine(line: string): FromLine | undefined {
  if (!line.startsWith('From ') || line.length > maxLength) return undefined
  const text = line.trimEnd()
  if (text === 'From' || text === 'From -') return { received: undefined }
  const found = (asctime.exec(text) ?? internetDate.exec(text))?.groups
  if (found === undefined) return undefined
  const { month = '', day, hour, minute, second = '0', rest = '' } = found
  const year = found['year'] ?? /(?:^| )(\d{4})(?: |$)/.exec(rest.replace(zoneText, ' '))?.[1]
  if (year === undefined) return undefined
  const at = Date.UTC(
    Number(year),
    months.indexOf(month as (typeof months)[number]),
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  const zone = parseZone(zoneText.exec(rest)?.[1] ?? '') ?? 0
  return { received: { receivedAt: at - zone * 60_000, zoneMinutes: usableZone(zone) } }
}
