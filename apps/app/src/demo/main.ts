import { findEngine } from '@gatepost/security-crowdsec/engine'

import { runDemo } from './run-demo.ts'

const { stdout, env } = process
const interruption = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => interruption.abort(new Error(`stopped by ${signal}`)))
// `npm run demo | head`: there is still a stage to clear.
stdout.on('error', (error) => interruption.abort(error))

process.exitCode = await runDemo({
  engine: await findEngine(env),
  write: (text) => stdout.write(text),
  isColoured: stdout.isTTY && (env['NO_COLOR'] ?? '') === '',
  signal: interruption.signal,
})
