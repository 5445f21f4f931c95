/**
 * `npm run crowdsec:fetch`: takes Debian's or Ubuntu's crowdsec package apart into .cache/crowdsec. Installs nothing, needs no root,
 * runs none of the package's scripts (its post-install would register with CrowdSec's central API).
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

import {
  findEngine,
  unpackedEngineFolder,
} from '../packages/security-crowdsec/src/engine/find-engine.ts'

// The engine is linked against SQLite, which a small system may not have.
const packages = ['crowdsec', 'libsqlite3-0']

function fail(reason: string): never {
  console.error(
    `crowdsec:fetch: ${reason}\nWithout the engine mail goes on, unprotected. docker compose (infra/) brings its own.`,
  )
  process.exit(1)
}
/** What went wrong, if anything. */
function problemOf(command: string, args: readonly string[], cwd: string): string | undefined {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8' })
  if (status === 0) return undefined
  return `"${command} ${args.join(' ')}" failed: ${error?.message ?? (stderr || stdout).trim()}`
}
function run(command: string, args: readonly string[], cwd: string): void {
  const problem = problemOf(command, args, cwd)
  if (problem !== undefined) fail(problem)
}
/** With the system's lists of packages; where it has none (a new container), with lists of our own. */
function download(folder: string): void {
  if (problemOf('apt-get', ['download', ...packages], folder) === undefined) return
  const state = join(folder, 'apt')
  mkdirSync(join(state, 'lists', 'partial'), { recursive: true })
  const lists = ['-o', `Dir::State::lists=${state}/lists`, '-o', `Dir::Cache=${state}`]
  run('apt-get', [...lists, 'update'], folder)
  run('apt-get', [...lists, 'download', ...packages], folder)
}

const present = await findEngine({})
if (present !== undefined) {
  console.log(`CrowdSec ${present.version} is there already: ${present.crowdsec}`)
  process.exit(0)
}
if (!existsSync('/usr/bin/apt-get') || !existsSync('/usr/bin/dpkg'))
  fail('this needs apt-get and dpkg (Debian, Ubuntu)')
const work = mkdtempSync(join(tmpdir(), 'gatepost-crowdsec-'))
try {
  const root = join(work, 'root')
  mkdirSync(root)
  download(work)
  for (const file of readdirSync(work).filter((name) => name.endsWith('.deb')))
    run('dpkg', ['-x', file, root], work)
  mkdirSync(dirname(unpackedEngineFolder), { recursive: true })
  rmSync(unpackedEngineFolder, { recursive: true, force: true })
  moveFolder(root)
} finally {
  rmSync(work, { recursive: true, force: true })
}
const engine = await findEngine({})
if (engine === undefined) fail('the package holds no engine that runs here')
console.log(
  `CrowdSec ${engine.version} unpacked: ${engine.crowdsec}. \`npm start\` uses it from now on.`,
)

function moveFolder(root: string): void {
  try {
    renameSync(root, unpackedEngineFolder)
  } catch {
    // Another file system.
    run('cp', ['-a', root, unpackedEngineFolder], '/')
  }
}
