import { MailError } from '@gatepost/core'

// https://sqlite.org/rescode.html: FULL, IOERR_SHMSIZE
const fullCodes = new Set<unknown>([13, 4874])
const systemCodes = new Set<unknown>(['ENOSPC', 'EDQUOT'])

/** Whether there was no room: of SQLite, which needs some even for reading when nobody else has the database open, or of the system. */
export function isDiskFull(error: unknown): error is Error {
  if (!(error instanceof Error)) return false
  return (
    ('errcode' in error && fullCodes.has(error.errcode)) ||
    ('code' in error && systemCodes.has(error.code))
  )
}

export function diskFull(path: string, cause: unknown): MailError {
  return new MailError('busy', 'store.diskFull', `the disk of ${path} is full`, {
    publicText: 'The store is busy, try again later',
    cause,
  })
}
