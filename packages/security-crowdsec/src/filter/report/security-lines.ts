import type { LogDestination } from '@gatepost/telemetry'

import { reportedField } from '../../log/security-event-fields.ts'

/** A line of the security log, read again: every value is a string, which ones there are depends on `event`. */
export type SecurityLine = Readonly<Partial<Record<string, string>>>

const start = '{"log":"security"'

/**
 * Hands what security lines say to `use`, and passes them on: as they are, or, when that reports them at once, with a word about it for the scenarios.
 * The lines are the interface: whatever makes them may change.
 */
export function watchSecurityLines(
  destination: LogDestination,
  use: (line: SecurityLine) => boolean,
): LogDestination {
  return {
    write: (text) => {
      const isReported = text.startsWith(start) && use(JSON.parse(text) as SecurityLine)
      destination.write(isReported ? text.replace(/\}\s*$/, `,"${reportedField}":"yes"}\n`) : text)
    },
  }
}
