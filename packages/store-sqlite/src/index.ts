export { openStore, SqliteStore, type StoreHealth, type StoreOptions } from './open-store.ts'
export type { TombstonePolicy } from './writer/maintain.ts'
