export { spoolAfterBytes } from './spool-after-bytes.ts'
export { openSpool, type Spool, type SpoolOptions } from './spool.ts'
export type { SpoolFile } from './spool-file.ts'
