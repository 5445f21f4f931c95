export { isDiskFull } from './disk-full.ts'
export { inTransaction } from './in-transaction.ts'
export { openStore, SqliteStore, type StoreHealth, type StoreOptions } from './open-store.ts'
export {
  backupStore,
  type BackupOptions,
  type BackupSummary,
} from './operate/backup/backup-store.ts'
export type { CopyProgress } from './operate/copy-database.ts'
export {
  restoreStore,
  type RestoreOptions,
  type RestoreSummary,
} from './operate/restore/restore-store.ts'
export type { AffectedEmail, Problem, ProblemPlace } from './operate/verify/problem.ts'
export type { VerifyPhase, VerifyProgress } from './operate/verify/verify-run.ts'
export {
  verifyStore,
  type StoreCounts,
  type VerifyOptions,
  type VerifyReport,
} from './operate/verify/verify-store.ts'
export type { TombstonePolicy } from './writer/slices/sweep.ts'
