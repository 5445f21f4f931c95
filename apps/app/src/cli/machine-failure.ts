// https://sqlite.org/rescode.html: PERM, BUSY, LOCKED, READONLY, IOERR, CORRUPT, FULL, CANTOPEN, NOTADB
const sqliteCodes = new Set([3, 5, 6, 8, 10, 11, 13, 14, 26])

/** What no program can mend: no room, no right, a file that is not there or is damaged. Its message says it all; anything else is a defect. */
export function isMachineFailure(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  if ('errcode' in error) return sqliteCodes.has(Number(error.errcode) & 0xff)
  return 'syscall' in error && 'code' in error && /^E[A-Z0-9]+$/.test(String(error.code))
}
