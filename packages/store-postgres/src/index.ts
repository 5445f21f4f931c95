export { openPostgresStore, PostgresStore, type PostgresStoreOptions } from './open-store.ts'
export type { SearchlessMailStore } from './postgres-mail-store.ts'
