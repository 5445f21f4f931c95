import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { globSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { findEngine } from '@gatepost/security-crowdsec/engine'
import { missing } from '@gatepost/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

import { runDemo } from '../src/demo/run-demo.ts'

const engine = await findEngine(process.env)
const steps = [
  /Gatepost starts, with CrowdSec v\S+ as its child$/,
  /another server sends a mail to me@example\.test over SMTP: 250 2\.6\.0 /,
  /its owner reads it over IMAP: "Hello from outside"$/,
  /it logs in over SMTP with a stolen password, and stays$/,
  /it logs in over IMAP with a stolen password, and stays$/,
  /it logs in over JMAP with a stolen password, and stays$/,
  /it guesses at the password of me@example\.test over SMTP: 535 5\.7\.8 /,
  /it guesses at the password of me@example\.test over IMAP: a NO \[AUTHENTICATIONFAILED\] /,
  /it guesses at the password of me@example\.test over JMAP: HTTP\/1\.1 401 /,
  /it guesses at the password of me@example\.test over SMTP: 535 5\.7\.8 /,
  /it guesses at the password of me@example\.test over IMAP: a NO \[AUTHENTICATIONFAILED\] /,
  /it guesses at the password of me@example\.test over JMAP: HTTP\/1\.1 401 /,
  /CrowdSec reads the log and decides.*: ban of 127\.0\.0\.66 for gatepost\/mail-bf, until \d\d:/,
  /the open SMTP session is cut; time since the decision: 421 4\.7\.0 /,
  /the open IMAP session is cut; time since the decision: \* BYE /,
  /the open JMAP session is cut; time since the decision: end of stream$/,
  /SMTP refuses 127\.0\.0\.66: 554 5\.7\.1 /,
  /IMAP refuses 127\.0\.0\.66: \* BYE /,
  /JMAP refuses 127\.0\.0\.66: HTTP\/1\.1 403 .*"status":403/,
  /its owner reads it over IMAP: "Hello from outside"$/,
  /cscli decisions delete --ip 127\.0\.0\.66$/,
  /the server hears of it$/,
  /SMTP lets in 127\.0\.0\.66: 220 /,
  /IMAP lets in 127\.0\.0\.66: \* OK /,
  /JMAP lets in 127\.0\.0\.66: HTTP\/1\.1 401 /,
]

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatepost-demo-test-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Demo {
  readonly child: ReturnType<typeof spawn>
  readonly output: string[]
  readonly ended: Promise<unknown[]>
}
function start(): Demo {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../src/demo/main.ts')], {
    env: { ...process.env, TMPDIR: folder, FORCE_COLOR: undefined },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => output.push(text))
  return { child, output, ended: once(child, 'close') }
}
/** Programs that still work in the demo's folder: its engine. */
function leftovers(): string[] {
  return globSync('/proc/[0-9]*/cmdline')
    .map((path) => {
      try {
        return readFileSync(path, 'utf8')
      } catch {
        return ''
      }
    })
    .filter((commandLine) => commandLine.includes(folder))
}

describe('npm run demo', () => {
  it('shows an attack from the mail to the pardon, each step with its times, and leaves nothing behind', async (context) => {
    if (engine === undefined)
      return missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
    const demo = start()
    const [code] = await demo.ended
    const text = demo.output.join('')
    expect(code, text).toBe(0)
    const told = text.split('\n').filter((line) => /^ *\d+\.\d\d s +\d+ ms {2}/.test(line))
    expect(told).toHaveLength(steps.length)
    steps.forEach((step, index) => expect(told[index]).toMatch(step))
    const times = told.map((line) => Number.parseFloat(line))
    expect(times).toEqual(times.toSorted((a, b) => a - b))
    expect(text).not.toContain('\u001b')
    expect(readdirSync(folder)).toEqual([])
    expect(leftovers()).toEqual([])
    process.stdout.write(`npm run demo: ${times.at(-1)} s\n`)
  })

  it.for([
    ['it is interrupted', (demo: Demo): unknown => demo.child.kill('SIGINT')],
    ['nobody reads on', (demo: Demo): unknown => demo.child.stdout?.destroy()],
  ] as const)('ends with code 1 and leaves nothing behind when %s', async ([, stop], context) => {
    if (engine === undefined)
      return missing(context, 'the CrowdSec engine (npm run crowdsec:fetch)')
    const demo = start()
    while (!demo.output.join('').includes('stolen password'))
      await once(demo.child.stdout ?? demo.child, 'data')
    expect(readdirSync(folder)).toHaveLength(1)
    expect(leftovers()).not.toEqual([])
    stop(demo)
    expect(await demo.ended).toEqual([1, null])
    expect(readdirSync(folder)).toEqual([])
    expect(leftovers()).toEqual([])
  })
})

describe('the demo', () => {
  let output = ''
  beforeEach(() => {
    output = ''
  })
  const options = {
    write: (text: string): void => {
      output += text
    },
    isColoured: false,
    signal: new AbortController().signal,
  }

  it('without an engine says how to get one, and no more', async () => {
    expect(await runDemo({ ...options, engine: undefined })).toBe(1)
    expect(output.trim().split('\n')).toHaveLength(1)
    expect(output).toContain('npm run crowdsec:fetch')
  })

  it('says which step failed, and why', async () => {
    const broken = {
      crowdsec: '/bin/false',
      cscli: '/bin/true',
      version: 'v1.7.8',
      patterns: folder,
      libraryPath: undefined,
    }
    expect(await runDemo({ ...options, engine: broken })).toBe(1)
    expect(output).toMatch(
      /"Gatepost starts, with CrowdSec v1\.7\.8 as its child" failed: the CrowdSec engine ended \(1\)/,
    )
  })

  it('is coloured only where it is asked to be', async () => {
    await runDemo({ ...options, engine: undefined, isColoured: true })
    expect(output).toContain('\u001b[31m')
  })
})
