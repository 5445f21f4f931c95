const maxBackOffMs = 30_000

/** How long to wait before the next poll: doubled with each failure in a row, and spread by `random` (0 to 1), so that many servers do not come back as one. */
export function pauseMs(poll: {
  readonly pollMs: number
  readonly failures: number
  readonly random: number
}): number {
  const { pollMs, failures, random } = poll
  if (failures === 0) return pollMs
  const longest = Math.max(pollMs, Math.min(maxBackOffMs, pollMs * 2 ** Math.min(failures, 10)))
  return longest * (0.5 + random / 2)
}
