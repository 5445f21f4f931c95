import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

import { rolldown } from 'rolldown'
import { expect, it } from 'vitest'

import { expectedReport, runScenario } from './imapflow-scenario.ts'

const storeWorker = join(import.meta.dirname, '../../store-sqlite/src/worker.ts')

/** Node strips types with WebAssembly, so that the sources have to become JavaScript before they run without it. */
async function build(folder: string): Promise<string> {
  await using bundle = await rolldown({
    input: { server: join(import.meta.dirname, 'jitless-server.ts'), worker: storeWorker },
    platform: 'node',
    logLevel: 'silent',
    plugins: [
      {
        name: 'worker-is-javascript',
        transform: (code) => code.replaceAll("'./worker.ts'", "'./worker.js'"),
      },
    ],
  })
  await bundle.write({ dir: folder, format: 'esm', chunkFileNames: '[name].js' })
  return join(folder, 'server.js')
}

it('the whole scenario runs in a process without WebAssembly (node --jitless)', async () => {
  await using cleanup = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'gatepost-jitless-'))
  cleanup.defer(() => rm(folder, { recursive: true, force: true }))
  const child = spawn(process.execPath, ['--jitless', await build(folder)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    // What the test runner wants of Node is not for this process.
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  cleanup.defer(async () => {
    child.stdin.end()
    await ended
  })
  const first = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next()
  const { port, hasWebAssembly } = JSON.parse(first.value ?? '{}') as {
    port: number
    hasWebAssembly: boolean
  }
  expect(hasWebAssembly).toBe(false)
  expect(await runScenario(port)).toEqual(expectedReport)
})
