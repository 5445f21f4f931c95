export { createImapDoor, type ImapDoorOptions } from './server/imap-door.ts'
export type { ImapLimits } from './server/imap-limits.ts'
