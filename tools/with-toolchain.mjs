#!/usr/bin/env node
// Runs a command with the pinned pnpm and Node on PATH, installing what is missing first.
//   node tools/with-toolchain.mjs <command> [args...]
// Plain JavaScript without dependencies: it has to run on Node 20 with npm and nothing else.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const toolchain = join(root, 'tools', 'toolchain')
const lockFolder = join(toolchain, '.lock')
const staleLockMs = 30_000

const env = environment()
const steps = [
  {
    name: 'the toolchain (pnpm, Node 24)',
    stamp: join(toolchain, 'node_modules', '.stamp'),
    inputs: [join(toolchain, 'package-lock.json')],
    cwd: toolchain,
    // Not `npm ci`: it wants pnpm's binaries for every platform, and one of them does not exist.
    command: ['npm', 'install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'],
  },
  {
    name: 'the dependencies',
    stamp: join(root, 'node_modules', '.stamp'),
    inputs: [
      join(root, 'pnpm-lock.yaml'),
      join(root, 'pnpm-workspace.yaml'),
      join(root, '.pnpmfile.cjs'),
    ],
    cwd: root,
    command: ['pnpm', 'install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=warn'],
  },
]

if (steps.some((step) => !isDone(step))) await withLock(() => steps.forEach(install))
runCommand(process.argv.slice(2))

/** PATH with our tools first. npm's own settings go: they would steer the pnpm below it. */
function environment() {
  const own = Number(process.versions.node.split('.')[0]) >= 24 ? [dirname(process.execPath)] : []
  const path = [join(root, 'node_modules', '.bin'), ...own, join(toolchain, 'node_modules', '.bin')]
  const result = {
    ...process.env,
    PATH: [...path, process.env.PATH].join(delimiter),
    // Types are stripped once, not at every start: half a second and 40 MB less.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, '.cache', 'node'),
    TURBO_TELEMETRY_DISABLED: '1',
    DO_NOT_TRACK: '1',
  }
  for (const key of Object.keys(result)) {
    const isNpmSetting = /^npm_(config|package|lifecycle|execpath|command)/i.test(key)
    if (isNpmSetting && key !== 'npm_config_registry' && key !== 'npm_config_cache')
      delete result[key]
  }
  return result
}

function digestOf(step) {
  const hash = createHash('sha256')
  for (const file of step.inputs) if (existsSync(file)) hash.update(readFileSync(file))
  return hash.digest('hex')
}

function isDone(step) {
  return existsSync(step.stamp) && readFileSync(step.stamp, 'utf8') === digestOf(step)
}

function install(step) {
  if (isDone(step)) return
  console.error(`gatepost: installing ${step.name} ...`)
  rmSync(step.stamp, { force: true })
  const [command, ...args] = step.command
  // Standard output belongs to the command that comes after.
  const result = spawnSync(command, args, {
    cwd: step.cwd,
    env,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
  })
  if (result.status !== 0) {
    console.error(
      `gatepost: "${step.command.join(' ')}" failed${result.error ? `: ${result.error.message}` : ''}`,
    )
    rmSync(lockFolder, { recursive: true, force: true })
    process.exit(result.status ?? 1)
  }
  mkdirSync(dirname(step.stamp), { recursive: true })
  writeFileSync(step.stamp, digestOf(step))
}

/** One bootstrap at a time. A lock whose owner is gone (its process id no longer lives) is taken over. */
async function withLock(run) {
  let hasSaid = false
  for (;;) {
    try {
      mkdirSync(lockFolder)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
    }
    if (isAbandoned()) {
      rmSync(lockFolder, { recursive: true, force: true })
      continue
    }
    if (!hasSaid) console.error('gatepost: another install is running, waiting for it ...')
    hasSaid = true
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  writeFileSync(join(lockFolder, 'pid'), String(process.pid))
  utimesSync(lockFolder, new Date(), new Date())
  try {
    run()
  } finally {
    rmSync(lockFolder, { recursive: true, force: true })
  }
}

function isAbandoned() {
  try {
    process.kill(Number(readFileSync(join(lockFolder, 'pid'), 'utf8')), 0)
    return false
  } catch (error) {
    if (error.code === 'EPERM') return false
    if (error.code === 'ESRCH') return true
    // No process id in it yet: its owner has just made it, or died right then.
    return existsSync(lockFolder) && Date.now() - statSync(lockFolder).mtimeMs > staleLockMs
  }
}

function runCommand([command, ...args]) {
  const child = spawn(command, args, {
    cwd: root,
    env,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  // A terminal's Ctrl-C already reaches the whole process group: forwarding it would deliver it twice.
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'))
  child.on('error', (error) => {
    console.error(`gatepost: ${error.message}`)
    process.exit(127)
  })
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)))
}
