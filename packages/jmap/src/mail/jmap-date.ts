/** UTCDate of RFC 8620 section 1.4. */
export function utcDate(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z')
}

/** Date of RFC 8620 section 1.4, in the zone that its author wrote. */
export function zonedDate(at: number, offsetMinutes: number): string {
  const local = new Date(at + offsetMinutes * 60_000).toISOString().slice(0, 19)
  if (offsetMinutes === 0) return `${local}Z`
  const minutes = Math.abs(offsetMinutes)
  const sign = offsetMinutes < 0 ? '-' : '+'
  return `${local}${sign}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`
}

function two(value: number): string {
  return String(value).padStart(2, '0')
}

const pattern =
  /^(\d{4})-(\d{2})-(\d{2})T([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d{1,9}))?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/

/** Milliseconds since 1970 of a Date or UTCDate; undefined when it is none. */
export function parseJmapDate(text: unknown): { at: number; offsetMinutes: number } | undefined {
  if (typeof text !== 'string') return undefined
  const match = pattern.exec(text)
  if (match === null) return undefined
  const [, year, month, day, hour, minute, second, fraction = '0', zone = 'Z'] = match
  const midnight = Date.UTC(Number(year), Number(month) - 1, Number(day))
  if (new Date(midnight).getUTCDate() !== Number(day) || Number(month) > 12) return undefined
  const [hours = 0, minutes = 0] = zone === 'Z' ? [] : zone.slice(1).split(':').map(Number)
  const offsetMinutes = (hours * 60 + minutes) * (zone.startsWith('-') ? -1 : 1)
  const seconds = (Number(hour) * 60 + Number(minute)) * 60 + Number(second)
  const at = midnight + seconds * 1000 + Math.trunc(Number(`0.${fraction}`) * 1000)
  return { at: at - offsetMinutes * 60_000, offsetMinutes }
}

/** Only with `Z`. */
export function parseUtcDate(text: unknown): number | undefined {
  return typeof text === 'string' && text.endsWith('Z') ? parseJmapDate(text)?.at : undefined
}
