export type * from './filter/connection-filter.ts'
export type * from './log/auth-failure-log.ts'
