import type { LogDestination } from '@gatepost/telemetry'

/** A line of the security log, read again: every value is a string, which ones there are depends on `event`. */
export type SecurityLine = Readonly<Partial<Record<string, string>>>

const start = '{"log":"security"'

/** Passes security lines on as they are, and then hands what they say to `use`. The lines are the interface: whatever makes them may change. */
export function watchSecurityLines(
  destination: LogDestination,
  use: (line: SecurityLine) => void,
): LogDestination {
  return {
    write: (text) => {
      destination.write(text)
      if (text.startsWith(start)) use(JSON.parse(text) as SecurityLine)
    },
  }
}
