import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { LineClient } from '@gatepost/testkit'
import { expect, it } from 'vitest'

import { GatepostProcess } from './support/gatepost-process.ts'

const defects = {
  uncaughtException: 'throw new Error("a defect")',
  unhandledRejection: 'Promise.reject(new Error("a defect"))',
}

// Node would end at once, in the middle of whatever the others do.
it.each(Object.entries(defects))(
  'an error that nobody caught (%s) is logged, and the server stops in order',
  async (kind, defect) => {
    await using resources = new AsyncDisposableStack()
    const folder = mkdtempSync(join(tmpdir(), 'gatepost-defence-'))
    resources.defer(() => rmSync(folder, { recursive: true, force: true }))
    const module = `process.on("SIGUSR2", () => { ${defect} })`
    const server = resources.use(
      new GatepostProcess({
        folder,
        environment: {
          NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(module)}`,
        },
      }),
    )
    await server.ready()
    const client = new LineClient({ port: server.port('SMTP  mail from other servers') })
    resources.defer(() => client[Symbol.dispose]())
    expect(await client.line()).toMatch(/^220 /)
    server.child.kill('SIGUSR2')
    expect(await client.line()).toMatch(/^421 /)
    expect(await server.ended).toEqual({ code: 1, signal: null })
    const logged = server.stdout
      .split('\n')
      .filter((line) => line.includes('"level":"fatal"'))
      .map((line) => JSON.parse(line) as object)
    expect(logged).toMatchObject([{ kind, err: { message: 'a defect' } }])
  },
)
