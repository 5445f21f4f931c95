/** Everything that can be judged without running the server: layering, format, types, lint, unused code, generated docs. */
import { spawnSync } from 'node:child_process'

const checks: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['package graph', process.execPath, 'tools/check-workspace.mjs'],
  ['format', 'oxfmt', '--check'],
  ['types', 'tsc', '-b'],
  ['types of tools', 'tsc', '-p', 'tools'],
  ['lint', 'oxlint', '--type-aware', '--deny-warnings'],
  ['unused code', 'knip'],
  ['generated docs', process.execPath, 'tools/config-reference.ts', '--check'],
]

for (const [name, command, ...args] of checks) {
  const result = spawnSync(command, args, { encoding: 'utf8' })
  if (result.status !== 0) {
    console.error(
      `check failed: ${name} (${command} ${args.join(' ')})\n${result.stdout}${result.stderr}`,
    )
    process.exit(1)
  }
  console.log(`check ok: ${name}`)
}
