import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { afterAll, beforeAll, expect, it } from 'vitest'

import { listeners } from '../../src/config/listeners.ts'
import { GatepostProcess } from '../support/gatepost-process.ts'
import { deliver } from './support/smtp-delivery.ts'

const repository = join(import.meta.dirname, '../../../..')

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatepost-start-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** `npm start`, stopped again when it is ready. */
async function npmStart(): Promise<{ readonly readyMs: number; readonly code: unknown }> {
  const ports = listeners.map(({ name }) => [
    `GATEPOST__LISTEN__${name.toUpperCase()}__ADDRESS`,
    '127.0.0.1:0',
  ])
  const from = performance.now()
  const child = spawn('npm', ['start'], {
    cwd: repository,
    env: {
      ...process.env,
      ...(Object.fromEntries(ports) as Record<string, string>),
      GATEPOST__CROWDSEC__ENGINE: 'off',
      GATEPOST__DATA: join(folder, 'data'),
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const closed = once(child, 'close')
  let text = ''
  await new Promise<void>((resolve) =>
    child.stdout.on('data', (piece) => {
      text += String(piece)
      if (text.includes('"msg":"ready"')) resolve()
    }),
  )
  const readyMs = performance.now() - from
  child.kill('SIGTERM')
  const [code] = (await closed) as unknown[]
  return { readyMs, code }
}

it('npm start is ready, the first time and once it has run, and ends with 0 on SIGTERM', async (context) => {
  const first = await npmStart()
  const warm = await npmStart()
  expect([first.code, warm.code]).toEqual([0, 0])
  // A figure and no test: other tests run at the same time. On a quiet machine it is 1.5 s.
  await context.annotate(`ready after ${Math.round(warm.readyMs)} ms once it has run`)
})

it('goes on when nobody reads its log any more', async () => {
  await using server = new GatepostProcess({ folder })
  await server.ready()
  server.child.stdout?.destroy()
  server.child.stderr?.destroy()
  const port = server.port('SMTP  mail from')
  for (const to of ['nobody@example.test', 'somebody@example.test'])
    await expect(deliver(port, 'x: y\r\n\r\nz\r\n', { to: [to] })).rejects.toThrow('550 5.1.1')
  await deliver(port, 'x: y\r\n\r\nz\r\n')
  expect(await server.stop()).toEqual({ code: 0, signal: null })
})
