const maxZoneMinutes = 23 * 60 + 59

/** `+0200` and its like (RFC 5322 section 3.3) for minutes east of UTC. */
export function formatZone(zoneMinutes: number): string {
  const minutes = Math.abs(zoneMinutes)
  const [hour, minute] = [Math.floor(minutes / 60), minutes % 60].map((part) =>
    String(part).padStart(2, '0'),
  )
  return `${zoneMinutes < 0 ? '-' : '+'}${hour}${minute}`
}

/** Minutes east of UTC, never -0; undefined for any other text. */
export function parseZone(text: string): number | undefined {
  const [, sign, hour, minute] = /^([+-])(\d\d)(\d\d)$/.exec(text) ?? []
  if (sign === undefined) return undefined
  const minutes = Number(hour) * 60 + Number(minute)
  return sign === '-' ? 0 - minutes : minutes
}

/** What a store keeps as a zone: UTC for what no clock shows. */
export function usableZone(zoneMinutes: number): number {
  return Math.abs(zoneMinutes) <= maxZoneMinutes ? zoneMinutes : 0
}
