import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

import { freePort } from '../../packages/security-crowdsec/src/engine/free-port.ts'
import type { MailServer } from './mail-server.ts'

const main = join(import.meta.dirname, '../../apps/app/src/main.ts')

export interface GatepostServer extends MailServer {
  /** The data folder. */
  readonly folder: string
  /** Port of IMAP over TLS. */
  readonly imaps: number
  /** Port of HTTP without TLS. */
  readonly http: number
  residentMb(): number
  /** Of all its threads since it started, in steps of 10 ms. */
  cpuMs(): number
  /** The most that it was since its start. */
  peakMb(): number
}

/** The server as `npm start` runs it, as a process of its own, without CrowdSec. It is the second start on its folder: the first makes a certificate. */
export async function startGatepost(): Promise<GatepostServer> {
  const folder = mkdtempSync(join(tmpdir(), 'gatepost-bench-'))
  const first = await startIn(folder)
  await first.stop()
  const second = await startIn(folder)
  return {
    name: 'Gatepost',
    port: second.port,
    imaps: second.imaps,
    http: second.http,
    folder,
    delivered: () => count(join(folder, 'gatepost.sqlite')),
    residentMb: () => second.residentMb(),
    cpuMs: () => second.cpuMs(),
    peakMb: () => second.peakMb(),
    async [Symbol.asyncDispose]() {
      await second.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface StartedProcess {
  readonly port: number
  readonly imaps: number
  readonly http: number
  residentMb(): number
  cpuMs(): number
  /** The most that it was since its start. */
  peakMb(): number
  stop(): Promise<void>
}

async function startIn(folder: string): Promise<StartedProcess> {
  const [port, imaps, http] = [await freePort(), await freePort(), await freePort()]
  const others = ['SUBMISSION', 'SUBMISSIONS', 'IMAP', 'ADMIN']
  // As `npm start` runs it (docs/adr/0005).
  const child = spawn(process.execPath, ['--max-semi-space-size=2', main], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: {
      ...process.env,
      ...Object.fromEntries(
        others.map((name) => [`GATEPOST__LISTEN__${name}__ADDRESS`, '127.0.0.1:0']),
      ),
      GATEPOST__LISTEN__MX__ADDRESS: `127.0.0.1:${port}`,
      GATEPOST__LISTEN__IMAPS__ADDRESS: `127.0.0.1:${imaps}`,
      GATEPOST__LISTEN__HTTP__ADDRESS: `127.0.0.1:${http}`,
      GATEPOST__DATA: folder,
      GATEPOST__CROWDSEC__ENGINE: 'off',
      // One client opens more connections than a stranger may in ten seconds: a trusted peer has no such bound.
      GATEPOST__PROXY__TRUSTED: '127.0.0.1',
    },
  })
  const ended = new Promise((resolve) => child.once('exit', resolve))
  await new Promise<void>((resolve, reject) => {
    child.stdout.on('data', (data: Buffer) => {
      if (data.includes('"ready"')) resolve()
    })
    child.once('exit', () => reject(new Error('Gatepost does not start')))
  })
  return {
    port,
    imaps,
    http,
    cpuMs: () => {
      // proc(5): behind the name, the third field is the first; utime is field 14, stime 15, in hundredths of a second.
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ')
      return (Number(fields?.[11]) + Number(fields?.[12])) * 10
    },
    residentMb: () => memoryOf(child.pid, /VmRSS:\s+(\d+)/),
    peakMb: () => memoryOf(child.pid, /VmHWM:\s+(\d+)/),
    async stop() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

function memoryOf(pid: number | undefined, line: RegExp): number {
  return Number(line.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1000
}

function count(path: string): number {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    return Number(db.prepare('SELECT count(*) AS n FROM membership').get()?.['n'] ?? 0)
  } finally {
    db.close()
  }
}
