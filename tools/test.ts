/** `npm test`: every check, then every test. Arguments go to vitest and leave out the checks: `npm test -- packages/mime`. */
import { spawnSync } from 'node:child_process'

const filters = process.argv.slice(2)
if (filters.length === 0) {
  const checks = spawnSync(process.execPath, ['tools/check.ts'], { stdio: 'inherit' })
  if (checks.status !== 0) {
    console.log('0 passed, 1 failed, 0 skipped')
    process.exit(1)
  }
}
const tests = spawnSync('vitest', ['run', ...filters], { stdio: 'inherit' })
process.exitCode = tests.status ?? 1
