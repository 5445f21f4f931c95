/** Writes what can be written by a machine: tsconfig references, format, lint fixes. */
import { spawnSync } from 'node:child_process'

const fixes: readonly (readonly [command: string, ...args: string[]])[] = [
  [process.execPath, 'tools/check-workspace.mjs', '--fix'],
  [process.execPath, 'tools/config-reference.ts'],
  ['oxlint', '--type-aware', '--fix'],
  ['oxfmt'],
]
for (const [command, ...args] of fixes) spawnSync(command, args, { stdio: 'inherit' })
