import { enableCompileCache } from 'node:module'

// Parsed modules are kept between starts: half of a warm start would go into stripping types again.
enableCompileCache()

const { serve } = await import('./server/serve.ts')
process.exitCode = await serve(process.argv.slice(2))
