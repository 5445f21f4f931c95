/** As Go prints a duration. Since release 1.6.3 the Local API rounds to seconds; before, what is over may read `-237.666464ms`. */
export function goDuration(ms: number, isExact: boolean): string {
  const sign = ms < 0 ? '-' : ''
  const size = Math.abs(isExact ? ms : Math.round(ms / 1000) * 1000)
  if (size === 0) return '0s'
  if (size < 1000) return `${sign}${size}ms`
  const seconds = (size % 60_000) / 1000
  const minutes = Math.floor(size / 60_000) % 60
  const hours = Math.floor(size / 3_600_000)
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}s`
  return minutes > 0 ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`
}
