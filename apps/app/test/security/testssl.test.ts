import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { afterAll, beforeAll, describe, expect, it } from 'vitest'

import { requirePrograms } from '../mail/support/external-program.ts'
import { TestServer } from '../support/test-server.ts'

const run = promisify(execFile)
/** testssl.sh asks a server some hundred times, each with a program of its own. */
const patienceMs = 600_000
let folder: string
let server: Promise<TestServer> | undefined

interface Finding {
  readonly id: string
  readonly severity: string
  readonly finding: string
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'gatepost-testssl-'))
})
afterAll(async () => {
  await (await server)?.[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

async function start(): Promise<TestServer> {
  await makeCertificates()
  return TestServer.start({
    environment: {
      GATEPOST__TLS__CERTIFICATE: join(folder, 'server.pem'),
      GATEPOST__TLS__KEY: join(folder, 'server.key'),
    },
  })
}

/** An authority and a certificate as a public one would be: for 90 days, with a place for revocations. */
async function makeCertificates(): Promise<void> {
  const openssl = (words: string): Promise<unknown> =>
    run('openssl', words.split(' '), { cwd: folder })
  const ec = '-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
  await openssl(`req -x509 ${ec} -keyout ca.key -out ca.pem -subj /CN=TestCA -days 3650`)
  await openssl(`req ${ec} -keyout server.key -out server.csr -subj /CN=localhost`)
  writeFileSync(
    join(folder, 'extensions'),
    [
      'subjectAltName=DNS:localhost,IP:127.0.0.1',
      'extendedKeyUsage=serverAuth',
      'keyUsage=digitalSignature',
      'crlDistributionPoints=URI:http://crl.example.test/ca.crl',
    ].join('\n'),
  )
  await openssl(
    'x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out server.pem -days 90 -extfile extensions',
  )
}

async function findings(port: number, startTls: string | undefined): Promise<readonly Finding[]> {
  const file = join(folder, `${port}.json`)
  const words = `--quiet --color 0 --warnings off --nodns none --add-ca ca.pem --jsonfile ${file}`
  const checks = '--protocols --server-preference --vulnerable --server-defaults'
  const startTlsWords = startTls === undefined ? '' : ` --starttls ${startTls}`
  const args = `${words} ${checks}${startTlsWords} localhost:${port}`.split(' ')
  // Its exit code is the number of findings.
  await run('testssl', args, { cwd: folder, timeout: patienceMs }).catch(() => undefined)
  return JSON.parse(readFileSync(file, 'utf8')) as readonly Finding[]
}

const listeners: readonly { readonly name: string; readonly startTls?: string }[] = [
  { name: 'imaps' },
  { name: 'mx', startTls: 'smtp' },
]

describe.concurrent('testssl.sh', () => {
  it.for(listeners)(
    'has no finding above low at $name',
    { timeout: patienceMs },
    async ({ name, startTls }, context) => {
      requirePrograms(context, 'testssl', 'openssl')
      server ??= start()
      const found = await findings((await server).port(name), startTls)
      expect(found.map(({ id }) => id)).toEqual(
        expect.arrayContaining(['secure_client_renego', 'BEAST', 'LUCKY13', 'cert_chain_of_trust']),
      )
      const grave = found.filter(({ severity }) =>
        ['MEDIUM', 'HIGH', 'CRITICAL'].includes(severity),
      )
      expect(grave).toEqual([])
    },
  )
})
